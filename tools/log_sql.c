/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* tldguard log sql: the events as a table of SQLite. */
#include "tools/log_sql.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "tldguard/event.h"

#define MICRO 1000000

/* X(column, SQL type, field): those that are just copied. */
#define COLUMN_MAP(X)                \
    X(id, "TEXT PRIMARY KEY", ID)    \
    X(client, "TEXT", CLIENT)        \
    X(type, "TEXT", TYPE)            \
    X(name, "TEXT", NAME)            \
    X(twin, "TEXT", TWIN)            \
    X(rule, "TEXT", RULE)            \
    X(via, "TEXT", VIA)              \
    X(client_group, "TEXT", GROUP)   \
    X(mode, "TEXT", MODE)            \
    X(severity, "TEXT", SEVERITY)    \
    X(action, "TEXT", ACTION)        \
    X(reply, "TEXT", REPLY)          \
    X(rcode, "TEXT", RCODE)          \
    X(transport, "TEXT", TRANSPORT)  \
    X(mac, "TEXT", MAC)              \
    X(ecs, "TEXT", ECS)              \
    X(host, "TEXT", HOST)            \
    X(boot, "TEXT", BOOT)            \
    X(message, "TEXT", MESSAGE)      \
    X(error, "TEXT", ERROR)          \
    X(sequence, "INTEGER", SEQUENCE) \
    X(serial, "INTEGER", SERIAL)     \
    X(lost, "INTEGER", LOST)

#define DEFINITION(column, type, field)    "," #column " " type
#define QUESTION_MARK(column, type, field) ",?"
#define FIELD(column, type, field)         TG_FIELD_##field,
static const char create[] = "CREATE TABLE IF NOT EXISTS events(time TEXT,epoch REAL,verdict "
                             "TEXT" COLUMN_MAP(DEFINITION) ")";
static const char insert[] =
    "INSERT OR IGNORE INTO events VALUES(?,?,?" COLUMN_MAP(QUESTION_MARK) ")";
static const enum tg_field fields[] = {COLUMN_MAP(FIELD)};
#define FIRST 4 /* parameter of them, behind time, epoch and verdict */

static const char *const verdicts[] = {
    [TG_LOG_BLOCKED] = "blocked", [TG_LOG_WATCHED] = "watched", [TG_LOG_SERVICE] = "service"};

struct sql {
    sqlite3 *db;
    sqlite3_stmt *insert, *select;
    int failure; /* of a step, as SQLite tells it; SQLITE_OK */
    uint64_t nameless;
};

/* What somebody asks changes nothing, and reads nothing but this table. */
static int allow(
    void *arg, int action, const char *a, const char *b, const char *db, const char *trigger)
{
    (void)arg;
    (void)a;
    (void)db;
    (void)trigger;
    switch (action) {
    case SQLITE_SELECT:
    case SQLITE_READ:
    case SQLITE_RECURSIVE:
        return SQLITE_OK;
    case SQLITE_FUNCTION:
        return b && sqlite3_stricmp(b, "load_extension") == 0 ? SQLITE_DENY : SQLITE_OK;
    default:
        return SQLITE_DENY;
    }
}

/* Says what SQLite says; the exit code. */
static int failed(struct sql *sql, const char *what, int code)
{
    if (sql->failure == SQLITE_NOMEM || !sql->db || sqlite3_errcode(sql->db) == SQLITE_NOMEM) {
        fputs("tldguard: out of memory\n", stderr);
        return EXIT_BROKEN;
    }
    fprintf(stderr, "tldguard log: %s: ", what);
    tg_put_text(
        stderr, (struct tg_slice){sqlite3_errmsg(sql->db), strlen(sqlite3_errmsg(sql->db))});
    fputc('\n', stderr);
    return code;
}

static bool exec(struct sql *sql, const char *statement)
{
    return sqlite3_exec(sql->db, statement, NULL, NULL, NULL) == SQLITE_OK;
}

/* Opens or makes the table, and reads the question before hours of log are. -1 to go on. */
static int open_all(struct sql *sql, const struct tg_log_ask *ask)
{
    const char *tail = NULL;
    int code;

    code = sqlite3_open_v2(
        ask->db ? ask->db : ":memory:", &sql->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL);
    if (code != SQLITE_OK)
        return failed(sql, ask->db ? ask->db : "sql", EXIT_BROKEN);
    /* The file may be somebody else's making. */
    (void)sqlite3_db_config(sql->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    (void)sqlite3_db_config(sql->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    (void)sqlite3_db_config(sql->db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
    if (!exec(sql, create) ||
        sqlite3_prepare_v2(sql->db, insert, -1, &sql->insert, NULL) != SQLITE_OK)
        return failed(sql, ask->db ? ask->db : "sql", EXIT_BROKEN);
    (void)sqlite3_set_authorizer(sql->db, allow, NULL);
    code = sqlite3_prepare_v2(sql->db, ask->argument, -1, &sql->select, &tail);
    (void)sqlite3_set_authorizer(sql->db, NULL, NULL);
    if (code != SQLITE_OK)
        return failed(sql, "sql", EXIT_USAGE);
    if (!sql->select || tail[strspn(tail, "; \t\r\n")])
        return tg_text_usage(ask->command, "sql wants one statement");
    if (!sqlite3_stmt_readonly(sql->select) || sqlite3_column_count(sql->select) == 0)
        return tg_text_usage(ask->command, "sql wants a statement that selects");
    return -1;
}

static int bind_event(struct sql *sql, const struct tg_logged *event)
{
    char when[40];
    int code =
        sqlite3_bind_text(sql->insert, 1, tg_text_stamp(event->time, when), -1, SQLITE_TRANSIENT);

    if (code == SQLITE_OK)
        code = sqlite3_bind_double(sql->insert, 2, (double)event->time / MICRO);
    if (code == SQLITE_OK)
        code = sqlite3_bind_text(sql->insert, 3, verdicts[event->verdict], -1, SQLITE_STATIC);
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]) && code == SQLITE_OK; i++) {
        const struct tg_slice value = event->field[fields[i]];
        /* The columns of counts make numbers of digits. */
        if (value.at)
            code = sqlite3_bind_text(
                sql->insert, FIRST + (int)i, value.at, (int)value.len, SQLITE_STATIC);
        else
            code = sqlite3_bind_null(sql->insert, FIRST + (int)i);
    }
    return code;
}

static bool add(void *arg, const struct tg_logged *event)
{
    struct sql *sql = arg;
    int code;

    if (!event->field[TG_FIELD_ID].at) {
        sql->nameless++;
        return true;
    }
    code = bind_event(sql, event);
    if (code == SQLITE_OK) {
        code = sqlite3_step(sql->insert);
        if (code == SQLITE_DONE)
            code = sqlite3_reset(sql->insert);
    }
    sql->failure = code;
    return code == SQLITE_OK;
}

/* Reads the files into the table: all that can be read, or nothing; and shows what is found. */
static int load_and_show(struct sql *sql, struct tg_log_ask *ask)
{
    int code;

    if (!exec(sql, "BEGIN IMMEDIATE"))
        return failed(sql, "sql", EXIT_BROKEN);
    ask->log.event = add;
    ask->log.arg = sql;
    code = tg_log_read(&ask->log);
    if (sql->failure != SQLITE_OK || !exec(sql, "COMMIT"))
        return failed(sql, "sql", EXIT_BROKEN);
    if (sql->nameless > 0)
        tg_diags_add(ask->log.diags, TG_DIAG_WARNING, "sql", 0, 0, NULL,
            "%" PRIu64 " events without event.id are left out", sql->nameless);
    (void)sqlite3_set_authorizer(sql->db, allow, NULL);
    sql->failure = tg_sql_show(sql->select, ask->form);
    return sql->failure == SQLITE_OK ? code : failed(sql, "sql", EXIT_BROKEN);
}

int tg_log_sql(struct tg_log_ask *ask)
{
    struct sql sql = {0};
    int code = open_all(&sql, ask);

    if (code < 0)
        code = load_and_show(&sql, ask);
    (void)sqlite3_finalize(sql.insert);
    (void)sqlite3_finalize(sql.select);
    (void)sqlite3_close(sql.db);
    return code;
}
