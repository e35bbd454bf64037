# SPDX-License-Identifier: BSD-3-Clause
# libtgevent knows nothing of Unbound and is tested without it; tldguard.so is
# the glue, and module/ub.h alone includes Unbound's headers.
noinst_LTLIBRARIES += module/libtgevent.la
module_libtgevent_la_SOURCES = \
	include/tldguard/clientid.h module/clientid.c \
	include/tldguard/event.h module/event.c \
	module/event_line.h module/event_line.c module/event_question.c module/event_client.h module/event_client.c module/event_service.c \
	module/json.h module/json.c \
	module/view.h module/view.c \
	module/slot.h module/active.h module/active.c module/aliases.h module/aliases.c \
	module/figures.h module/figures.c module/stats.h module/stats.c module/publish.h module/publish.c \
	module/keep.h module/keep.c \
	module/sha256.h module/sha256.c module/chain.h module/chain.c \
	module/series.h module/series.c \
	module/queue.h module/queue_p.h module/queue.c module/queue_adopt.c \
	module/thread.h module/thread.c \
	module/logfile.h module/logfile.c module/relay.h module/relay.c \
	module/writer.h module/writer.c module/writer_loop.h module/writer_loop.c module/writer_resume.c module/writer_turn.c module/writer_also.c
module_libtgevent_la_LIBADD = $(LIBCRYPTO_LIBS) $(PTHREAD_LIBS)

if BUILD_MODULE
unboundlibdir = $(libdir)/unbound
unboundlib_LTLIBRARIES = module/tldguard.la
module_tldguard_la_SOURCES = \
	module/ub.h module/guard.h module/path.h module/walk.h module/found.h module/seen.h module/watch.h module/watch_loop.h \
	module/entry.c module/guard.c module/abi.c module/order.c \
	module/operate.c module/apart.c module/resolved.c module/answered.c module/targets.c module/twin.c \
	module/answer.c module/record.c module/cachedb.c module/walk.c module/found.c module/seen.c \
	module/watch.c module/watch_loop.c module/vitals.c module/tell.c
module_tldguard_la_CPPFLAGS = $(AM_CPPFLAGS) -isystem $(UNBOUND_SRC) \
	-DTG_UB_CRI=$(TG_UB_CRI) -DTG_UB_ADD_SUB=$(TG_UB_ADD_SUB) \
	-DTG_UB_WAKE=$(TG_UB_WAKE) -DTG_UB_DOQ=$(TG_UB_DOQ)
module_tldguard_la_LDFLAGS = -module $(AM_LDFLAGS) $(TG_MODULE_LDFLAGS) \
	-export-symbols-regex '^(init|deinit|operate|inform_super|clear|get_mem)$$'
module_tldguard_la_LIBADD = module/libtgevent.la policy/libtgcore.la
# The lines of `unbound -V` that the module insists on: who installs another Unbound can ask before it starts.
unboundlib_DATA = module/tldguard.built-for
CLEANFILES += module/tldguard.built-for
module/tldguard.built-for: $(UNBOUND_SRC)/config.h
	$(AM_V_GEN)sed -n -e 's/^.define PACKAGE_VERSION "\(.*\)"/Version \1/p' \
		-e 's/^.define CONFCMDLINE "\(.*\)"/Configure line: \1/p' '$(UNBOUND_SRC)/config.h' | sort -r >$@
endif
dist_man_MANS += module/tldguard.conf.5
