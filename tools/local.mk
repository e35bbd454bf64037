# SPDX-License-Identifier: BSD-3-Clause
# All of the tool but main(), for the tests as well.
noinst_LTLIBRARIES += tools/libtgtool.la
bin_PROGRAMS += tools/tldguard
tools_tldguard_SOURCES = tools/main.c
tools_libtgtool_la_SOURCES = tools/tool.h tools/options.c tools/text.c \
	tools/input.c tools/progress.c tools/rule.c tools/check.c tools/compile.c \
	tools/show.h tools/show.c tools/show_json.c \
	tools/explain.h tools/explain.c tools/explain_chain.c \
	tools/diff.h tools/diff.c tools/diff_things.c tools/diff_clients.c tools/diff_names.c \
	tools/diff_ask.c tools/diff_print.c tools/diff_json.c \
	tools/replay.h tools/replay.c tools/replay_log.c tools/replay_record.c \
	tools/replay_tally.c tools/replay_report.c
tools_libtgtool_la_SOURCES += tools/suggest.h tools/suggest.c tools/suggest_world.c \
	tools/suggest_find.c tools/suggest_text.c tools/suggest_print.c
tools_tldguard_LDADD = tools/libtgtool.la
tools_libtgtool_la_LIBADD = policy/libtgnear.la policy/libtldguard.la module/libtgevent.la $(LDNS_LIBS) $(JANSSON_LIBS) $(LIBPSL_LIBS) $(PTHREAD_LIBS)
dist_man_MANS += tools/tldguard.1 tools/tldguard-suggest.1
dist_man_MANS += tools/tldguard-check.1 tools/tldguard-compile.1 tools/tldguard-show.1 \
	tools/tldguard-explain.1 tools/tldguard-diff.1 tools/tldguard-replay.1

tools_libtgtool_la_SOURCES += tools/exchange.h tools/exchange.c \
	tools/import.h tools/import.c tools/import_rpz.c tools/import_list.c \
	tools/import_merge.c tools/import_sinkhole.c tools/import_write.c \
	tools/export.h tools/export.c tools/export_walk.c tools/export_rpz.c tools/export_unbound.c
tools_libtgtool_la_SOURCES += tools/zone.h tools/zone.c tools/export_zone.c tools/export_signature.c \
	tools/fetch.h tools/fetch.c tools/fetch_key.c tools/fetch_wire.c tools/fetch_ask.c \
	tools/fetch_zone.c tools/fetch_image.c tools/fetch_folder.c tools/fetch_use.c
tools_libtgtool_la_SOURCES += tools/export_nginx.h tools/export_nginx.c tools/export_nginx_page.c
nodist_tools_libtgtool_la_SOURCES = tools/landing_files.c
# Without the comment on top, which nobody has to fetch.
tools/landing_files.c: $(srcdir)/tools/landing/landing.css
	$(AM_V_GEN)$(MKDIR_P) tools && { echo '#include "tools/export_nginx.h"'; \
	    echo 'const char tg_landing_css[] ='; \
	    sed '/^\/\*/,/\*\/$$/d; s/[\\"?]/\\&/g; s/.*/    "&\\n"/' $(srcdir)/tools/landing/landing.css; echo ';'; \
	} >$@.new && mv $@.new $@
CLEANFILES += tools/landing_files.c
EXTRA_DIST += tools/landing/landing.css dist/landing/light.png dist/landing/dark.png
tools_libtgtool_la_SOURCES += tools/export_mail.h tools/export_mail.c tools/export_postfix.c tools/export_exim.c
dist_man_MANS += tools/tldguard-fetch.1
dist_man_MANS += tools/tldguard-import.1 tools/tldguard-export.1

tools_libtgtool_la_SOURCES += tools/log.h tools/log.c tools/log_source.c tools/log_lines.c \
	tools/log_token.h tools/log_token.c tools/log_scan.c tools/log_stamp.c tools/log_time.c tools/log_filter.c \
	tools/log_order.h tools/log_order.c \
	tools/log_read.c tools/log_rows.c tools/log_table.c tools/log_print.c tools/log_tally.c tools/log_top.c \
	tools/log_verify.h tools/log_verify.c tools/log_verify_print.c tools/log_timeline.c \
	tools/log_habit.h tools/log_habit.c tools/log_incidents.c tools/log_fix.c tools/log_follow.c \
	tools/log_sql.h tools/log_sql.c tools/log_sql_print.c
tools_libtgtool_la_LIBADD += $(ZLIB_LIBS) $(LIBZSTD_LIBS) $(SQLITE_LIBS)
tools_libtgtool_la_SOURCES += tools/log_ocsf.c tools/log_cef.c
dist_man_MANS += tools/tldguard-log.1

tools_libtgtool_la_SOURCES += tools/report.h tools/report.c tools/report_gather.c tools/report_record.c \
	tools/report_lists.c tools/report_data.c tools/report_parts.c tools/report_page.c \
	tools/report_table.c tools/report_words.c
nodist_tools_libtgtool_la_SOURCES += tools/report_files.c
tools_libtgtool_la_LIBADD += $(LIBCRYPTO_LIBS)
# The looks and the script of its page, as the tool carries them: a text of C for each.
tg_report_files = $(srcdir)/tools/report/report.css $(srcdir)/tools/report/report.js
tools/report_files.c: $(tg_report_files)
	$(AM_V_GEN)$(MKDIR_P) tools && for file in $(tg_report_files); do \
	    echo "const char tg_$$(basename $$file | tr . _)[] ="; \
	    sed 's/[\\"?]/\\&/g; s/.*/    "&\\n"/' $$file; echo ';'; \
	done | sed '1i #include "tools/report.h"' >$@.new && mv $@.new $@
CLEANFILES += tools/report_files.c
# Not the folder: to make, tools/report is what tools/report.c is compiled into.
EXTRA_DIST += tools/report/report.css tools/report/report.js tools/report/light.png tools/report/dark.png
dist_man_MANS += tools/tldguard-report.1

tools_libtgtool_la_SOURCES += tools/setting.c tools/status.h tools/status.c tools/status_read.c \
	tools/status_judge.c tools/status_rows.c tools/status_print.c tools/status_prometheus.c tools/status_watch.c
dist_man_MANS += tools/tldguard-status.1

tools_libtgtool_la_SOURCES += tools/secret.h tools/secret.c tools/password.c \
	tools/keygen.c tools/sign.c tools/verify.c
tools_libtgtool_la_LIBADD += $(LIBSODIUM_LIBS)
dist_man_MANS += tools/tldguard-keygen.1 tools/tldguard-sign.1 tools/tldguard-verify.1

tools_libtgtool_la_SOURCES += tools/store.h tools/store.c tools/sealed.c tools/store_settle.c tools/store_history.c \
	tools/activate.h tools/activate.c tools/change.c tools/change_read.c tools/activate_module.c tools/activate_canary.c \
	tools/activate_say.c tools/rollback.c tools/history.c
dist_man_MANS += tools/tldguard-activate.1 tools/tldguard-rollback.1 tools/tldguard-history.1
