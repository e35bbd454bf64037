# SPDX-License-Identifier: BSD-3-Clause
# A unit test is one program of one source file of the same name, in tests/unit.
if HAVE_CMOCKA
tg_unit = \
	tests/unit/test_status tests/unit/test_diag tests/unit/test_text tests/unit/test_dname \
	tests/unit/test_policy tests/unit/test_language tests/unit/test_settings \
	tests/unit/test_image tests/unit/test_image_hostile tests/unit/test_image_quick tests/unit/test_settle \
	tests/unit/test_decide tests/unit/test_explain tests/unit/test_canary \
	tests/unit/test_json tests/unit/test_rrtype tests/unit/test_event tests/unit/test_event_lines tests/unit/test_event_service \
	tests/unit/test_event_schema \
	tests/unit/test_active tests/unit/test_queue tests/unit/test_thread \
	tests/unit/test_writer tests/unit/test_writer_stuck \
	tests/unit/test_keep tests/unit/test_chain tests/unit/test_relay tests/unit/test_resume \
	tests/unit/test_turns tests/unit/test_adopt

tg_unit += tests/unit/test_clientid tests/unit/test_aliases tests/unit/test_nearmiss tests/unit/test_skeleton
tg_unit += tests/unit/test_trust tests/unit/test_pieces
tg_unit += tests/unit/test_log_scan tests/unit/test_diff
# What a question may cost at the most: not with what a sanitizer adds. Two make the hashes of an image
# what they want.
if !SANITIZED
tg_unit += tests/unit/test_bounds tests/unit/test_floods
endif
tests_unit_test_floods_LDFLAGS = -Wl,--wrap=getrandom,--wrap=tg_writer_looks $(AM_LDFLAGS)
tests_unit_test_settle_LDFLAGS = -Wl,--wrap=getrandom $(AM_LDFLAGS)
tests_unit_test_log_scan_LDADD = tools/libtgtool.la $(LDADD)
tests_unit_test_diff_LDADD = tools/libtgtool.la $(LDADD)
tests_unit_test_nearmiss_LDADD = policy/libtgnear.la $(LDADD)
tests_unit_test_skeleton_LDADD = policy/libtgnear.la $(LDADD)

# What the module counts, and the file it stands in.
tg_unit += tests/unit/test_stats tests/unit/test_publish
tests_unit_test_relay_LDFLAGS = -Wl,--wrap=send $(AM_LDFLAGS)
tests_unit_test_stats_LDFLAGS = -Wl,--wrap=clock_gettime $(AM_LDFLAGS)
tests_unit_test_publish_LDFLAGS = -Wl,--wrap=write,--wrap=rename $(AM_LDFLAGS)

tests_unit_test_writer_stuck_LDFLAGS = -Wl,--wrap=open,--wrap=close,--wrap=write $(AM_LDFLAGS)
tests_unit_test_turns_LDFLAGS = -Wl,--wrap=fdatasync,--wrap=poll,--wrap=write $(AM_LDFLAGS)

check_LTLIBRARIES += tests/support/libtgtest.la tests/support/liboom.la
tests_support_liboom_la_SOURCES = tests/support/oom.h tests/support/oom.c
tests_support_libtgtest_la_SOURCES = \
	tests/support/oracle.h tests/support/oracle.c \
	tests/support/oracle_line.h tests/support/oracle_line.c \
	tests/support/gen.h tests/support/gen.c \
	tests/support/await.h tests/support/ecs.h tests/support/ecs.c \
	tests/support/schema.h tests/support/schema.c \
	tests/support/imagefile.h tests/support/imagefile.c \
	tests/support/steps.h tests/support/steps.c tests/support/costs.h tests/support/costs.c \
	tests/support/tmpdir.h tests/support/tmpdir.c

check_PROGRAMS += $(tg_unit)
TESTS += $(tg_unit)

# What every unit test links: the allocation functions go through tests/support/oom.c.
LDADD = $(TG_WRAP_LDFLAGS) tests/support/libtgtest.la module/libtgevent.la policy/libtldguard.la \
	$(CMOCKA_LIBS) $(JANSSON_LIBS) $(LDNS_LIBS) $(LIBCRYPTO_LIBS) $(PTHREAD_LIBS) \
	tests/support/liboom.la
endif

# What the test clients have in common.
tg_client = tests/support/client.h tests/support/client.c

# The client that the live tests ask with.
check_PROGRAMS += tests/support/ask
tests_support_ask_SOURCES = tests/support/ask.c tests/support/exchange.h tests/support/exchange.c $(tg_client)
tests_support_ask_LDADD = $(LDNS_LIBS) $(PTHREAD_LIBS)
# And the one that keeps on asking, and measures.
check_PROGRAMS += tests/support/load
tests_support_load_SOURCES = tests/support/load.c $(tg_client)
tests_support_load_LDADD = $(LDNS_LIBS) $(PTHREAD_LIBS)

# Those of the long run.
check_PROGRAMS += tests/support/soak
tests_support_soak_SOURCES = $(tg_client) tests/support/soak.c tests/support/exchange.h tests/support/exchange.c \
	tests/support/junk.h tests/support/junk.c
tests_support_soak_LDADD = $(LDNS_LIBS) $(PTHREAD_LIBS)

# And the one that sends what is no question.
check_PROGRAMS += tests/support/spray
tests_support_spray_SOURCES = $(tg_client) tests/support/spray.c tests/support/junk.h tests/support/junk.c
tests_support_spray_LDADD = $(LDNS_LIBS) $(PTHREAD_LIBS)

# The one of the tests that ask thousands of questions, by all transports.
if HAVE_SERIES
check_PROGRAMS += tests/support/series
tests_support_series_SOURCES = $(tg_client) tests/support/series.c tests/support/channel.h tests/support/channel.c
tests_support_series_CPPFLAGS = $(AM_CPPFLAGS) $(SERIES_CFLAGS)
tests_support_series_LDADD = $(LDNS_LIBS) $(SERIES_LIBS) $(LIBCRYPTO_LIBS)
endif

# A forwarder that adds EDNS options.
check_PROGRAMS += tests/support/askid
tests_support_askid_SOURCES = tests/support/askid.c
tests_support_askid_LDADD = $(LDNS_LIBS)

# A primary of a zone, also of ill will.
check_PROGRAMS += tests/support/primary
tests_support_primary_SOURCES = tests/support/primary.c $(tg_client)
tests_support_primary_LDADD = $(LDNS_LIBS)

# The logs of those that read them.
check_PROGRAMS += tests/support/events
tests_support_events_SOURCES = tests/support/events.c
tests_support_events_LDADD = module/libtgevent.la policy/libtldguard.la
# And one that is good to look at.
check_PROGRAMS += tests/support/sample
tests_support_sample_SOURCES = tests/support/sample.c
tests_support_sample_LDADD = module/libtgevent.la policy/libtldguard.la

tg_scripts = tests/golden/run tests/tools/schema.sh tests/tools/siem.sh \
	tests/tools/show.sh tests/tools/explain.sh tests/tools/diff.sh tests/tools/replay.sh \
	tests/tools/log.sh tests/tools/log_format.sh tests/tools/log_verify.sh tests/tools/log_habits.sh \
	tests/tools/log_sql.sh tests/tools/log_follow.sh \
	tests/tools/report.sh tests/tools/report_browser.sh \
	tests/tools/status.sh tests/tools/trust.sh \
	tests/tools/suggest.sh tests/tools/import.sh tests/tools/export.sh tests/tools/export_nginx.sh tests/tools/fetch.sh tests/tools/manuals.sh
tg_scripts += tests/tools/faults.sh tests/tools/bench.sh tests/tools/soak.sh
tg_scripts += tests/tools/export_mail.sh
# The pages at the top of the tree.
tg_scripts += tests/docs/pages.sh tests/docs/broken.sh
EXTRA_DIST += tests/docs/lib.sh tests/docs/blocks.awk tests/docs/session.sh
tg_scripts += tests/tools/unbound_fit.sh
if !SANITIZED
# Of scripts, and long; what they call has tests of its own.
tg_scripts += tests/tools/fleet.sh
# A sanitizer has allocation functions of its own.
tg_scripts += tests/tools/oom.sh tests/tools/secrets.sh
check_LTLIBRARIES += tests/support/wiped.la
tests_support_wiped_la_SOURCES = tests/support/wiped.c
tests_support_wiped_la_LIBADD = $(PTHREAD_LIBS)
tests_support_wiped_la_LDFLAGS = -module -avoid-version -shared -rpath /nowhere $(AM_LDFLAGS)
check_LTLIBRARIES += tests/support/oomload.la
tests_support_oomload_la_SOURCES = tests/support/oomload.c
tests_support_oomload_la_LDFLAGS = -module -avoid-version -shared -rpath /nowhere $(AM_LDFLAGS)
# Faults of a resolver that runs.
check_LTLIBRARIES += tests/support/fault.la
tests_support_fault_la_SOURCES = tests/support/fault.c
tests_support_fault_la_LDFLAGS = -module -avoid-version -shared -rpath /nowhere $(AM_LDFLAGS)
endif
if LOADABLE
tg_live = tests/live/answers.sh tests/live/clients.sh tests/live/hostile.sh \
	tests/live/start.sh tests/live/log.sh tests/live/silent.sh tests/live/groups.sh \
	tests/live/rpz.sh tests/live/dns64.sh tests/live/slow.sh tests/live/reload.sh \
	tests/live/swap.sh tests/live/targets.sh tests/live/twin.sh \
	tests/live/table.sh tests/live/differential.sh tests/live/crowd.sh \
	tests/live/disk.sh tests/live/clientid.sh tests/live/modules.sh \
	tests/live/between.sh tests/live/waits.sh tests/live/status.sh tests/live/signed.sh tests/live/proxy.sh tests/live/stale.sh \
	tests/live/cachedb.sh \
	tests/live/crash.sh tests/live/flow.sh \
	tests/live/relay.sh tests/live/trust.sh tests/live/activate.sh tests/live/activate_faults.sh \
	tests/live/transfer.sh \
	tests/live/rsyslog.sh tests/live/logrotate.sh
# What goes wrong while it runs; all of it is in tests/faults, and with it how long each takes.
tg_live += tests/live/log_faults.sh tests/live/policy_faults.sh tests/live/policy_stuck.sh tests/live/limits.sh \
	tests/live/memory.sh tests/live/clock.sh tests/live/signals.sh tests/live/scale.sh tests/live/lies.sh
# Which rights it takes, and which it is left.
tg_live += tests/live/rights.sh tests/live/setuid.sh tests/live/apparmor.sh tests/live/systemd.sh
EXTRA_DIST += tests/live/debian.sh tests/support/confined.py
tg_live += tests/live/twin_flood.sh tests/live/footprint.sh
EXTRA_DIST += tests/faults tests/live/faults.sh tests/support/mutate.py tests/support/lies.py
# Real mail, between hosts in namespaces.
tg_live += tests/live/mail.sh tests/live/mail_maps.sh
EXTRA_DIST += tests/live/mail_lib.sh
# A fleet of hosts in namespaces; scripts of real ssh.
tg_live += tests/fleet/push.sh tests/fleet/bad.sh tests/fleet/account.sh tests/fleet/pull.sh
EXTRA_DIST += tests/fleet/lib.sh tests/fleet/host
# A browser that is sent to the landing page.
tg_live += tests/live/landing.sh
EXTRA_DIST += tests/live/landing.yaml
# What the pages tell to run.
tg_live += tests/docs/commands.sh
# The packages in a clean Debian: scripts/check --packages alone.
EXTRA_DIST += tests/host/packages.sh tests/host/root.sh tests/host/inside.sh tests/host/debs.sh tests/host/asker.py
EXTRA_DIST += $(tg_live)
# A round that is about something else takes some of them.
tg_live_checked = $(tg_live)
TESTS += $(tg_live_checked)
# These alone.
check-live: all $(filter tests/support/%,$(check_PROGRAMS)) tests/support/pass.la
	$(MAKE) $(AM_MAKEFLAGS) check-TESTS TESTS='$(tg_live)'

# Somebody else's module, to be loaded beside ours. With an rpath a library is made shared.
check_LTLIBRARIES += tests/support/pass.la
tests_support_pass_la_SOURCES = tests/support/pass.c
tests_support_pass_la_CPPFLAGS = $(module_tldguard_la_CPPFLAGS)
tests_support_pass_la_LDFLAGS = -module -avoid-version -shared -rpath /nowhere $(AM_LDFLAGS)
endif
tg_scripts_checked = $(tg_scripts)
TESTS += $(tg_scripts_checked)
EXTRA_DIST += tests/tools/fleet.sh
TEST_EXTENSIONS = .sh
EXTRA_DIST += $(tg_scripts)
EXTRA_DIST += tests/golden tests/live/lib.sh tests/live/change.sh tests/support/liar.py tests/support/soak_judge.awk tests/support/between.py tests/live/policy.yaml
EXTRA_DIST += tests/live/groups.yaml tests/live/crowd.yaml
EXTRA_DIST += tests/suite tests/support/schema.py tests/support/cef.py tests/tools/ocsf.schema.json
EXTRA_DIST += tests/support/network.sh tests/support/nginx.sh tests/support/browser.sh tests/tools/tap.sh tests/tools/whole.yaml tests/tools/whole.txt

EXTRA_PROGRAMS = tests/bench/write tests/bench/decide
CLEANFILES += $(EXTRA_PROGRAMS)
# What the benches run, and all of them, with one table at the end: the whole, and under six minutes.
tg_bench_programs = tests/support/ask$(EXEEXT) tests/support/load$(EXEEXT) tests/support/events$(EXEEXT) \
	tests/bench/write$(EXEEXT) tests/bench/decide$(EXEEXT)
tg_bench_environment = EVENTS_TOOL='$(abs_top_builddir)/tests/support/events$(EXEEXT)' \
	WRITE_TOOL='$(abs_top_builddir)/tests/bench/write$(EXEEXT)'
bench bench-quick: all $(tg_bench_programs)
	@$(AM_TESTS_ENVIRONMENT) $(tg_bench_environment) $(top_srcdir)/tests/bench/all.sh $(if $(filter bench-quick,$@),--quick)
# What writing the log takes, and that and reading it: QUICK=yes, JSON=yes, or see their --help.
tests_bench_write_SOURCES = tests/bench/write.c tests/bench/write_events.h tests/bench/write_events.c \
	tests/bench/write_peers.h tests/bench/write_peers.c
tests_bench_write_LDADD = module/libtgevent.la policy/libtldguard.la $(JANSSON_LIBS) $(PTHREAD_LIBS)
bench-write: all tests/bench/write$(EXEEXT)
	@$(AM_TESTS_ENVIRONMENT) $(tg_bench_environment) $(top_srcdir)/tests/bench/write.sh
bench-log: bench-write tests/support/events$(EXEEXT)
	@$(AM_TESTS_ENVIRONMENT) $(tg_bench_environment) $(top_srcdir)/tests/bench/log.sh
EXTRA_DIST += tests/bench/all.sh tests/bench/targets.sh tests/bench/log.sh tests/bench/write.sh
# What README.md shows, and what scripts/figures makes it with.
EXTRA_DIST += tests/bench/figures tests/bench/figures.jq tests/bench/figures.gp tests/bench/parts.gp tests/bench/figures.awk
# One decision, beside others that find names: QUICK=yes, JSON=yes, or see its --help.
tests_bench_decide_SOURCES = tests/bench/decide.c \
	tests/bench/decide_time.h tests/bench/decide_time.c \
	tests/bench/decide_world.h tests/bench/decide_world.c tests/bench/decide_asked.c \
	tests/bench/decide_peers.h tests/bench/decide_peers.c \
	tests/support/oracle.h tests/support/oracle.c
tests_bench_decide_CPPFLAGS = $(AM_CPPFLAGS)
tests_bench_decide_LDFLAGS = -Wl,--wrap=getrandom $(AM_LDFLAGS)
tests_bench_decide_LDADD = module/libtgevent.la policy/libtldguard.la $(PTHREAD_LIBS)
bench-decide: tests/bench/decide$(EXEEXT) tools/tldguard$(EXEEXT)
	@$(AM_TESTS_ENVIRONMENT) $(top_srcdir)/tests/bench/decide.sh
# Lists of up to a million names beside RPZ and local-zones, and what their replacement does to
# the questions of others: QUICK=yes, JSON=yes, or see its --help.
bench-policy: all tests/support/load$(EXEEXT) tests/support/ask$(EXEEXT)
	@$(AM_TESTS_ENVIRONMENT) $(top_srcdir)/tests/bench/policy.sh
# Instructions that logging takes.
bench-logged: all tests/support/ask$(EXEEXT)
	$(AM_TESTS_ENVIRONMENT) $(top_srcdir)/tests/bench/logged.sh
# The module beside Unbound's own means: QUICK=yes, JSON=yes, WHERE=blocked, or see its --help.
bench-resolver: all tests/support/ask$(EXEEXT)
	@$(AM_TESTS_ENVIRONMENT) $(top_srcdir)/tests/bench/resolver.sh
.PHONY: bench bench-quick bench-decide bench-policy bench-log bench-write bench-logged bench-resolver check-live
EXTRA_DIST += tests/bench/logged.sh tests/bench/lib.sh tests/bench/about.sh
EXTRA_DIST += tests/bench/resolver.sh tests/bench/resolver_world.sh tests/bench/resolver_count.sh
EXTRA_DIST += tests/bench/resolver_rates.sh tests/bench/resolver_report.sh tests/bench/peers.sh tests/bench/block.py
EXTRA_DIST += tests/bench/decide.sh tests/bench/policy.sh tests/bench/policy_report.sh

# A folder in EXTRA_DIST takes along what a former test run left beside it.
dist-hook:
	rm -f $(distdir)/tests/golden/run.log $(distdir)/tests/golden/run.trs
