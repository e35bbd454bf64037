/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* The parts of tldguard log sql. */
#ifndef TG_TOOLS_LOG_SQL_H
#define TG_TOOLS_LOG_SQL_H

#include <sqlite3.h>

#include "tools/log.h"

/* Runs a statement and shows its rows. @return what SQLite says; SQLITE_OK. */
int tg_sql_show(sqlite3_stmt *statement, enum tg_form form);

#endif
