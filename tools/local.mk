# SPDX-License-Identifier: BSD-3-Clause
bin_PROGRAMS += tools/tldguard
tools_tldguard_SOURCES = tools/tool.h tools/main.c tools/options.c tools/text.c \
	tools/check.c tools/compile.c tools/show.c tools/explain.c
tools_tldguard_LDADD = policy/libtldguard.la module/libtgevent.la $(LDNS_LIBS) $(JANSSON_LIBS)
dist_man_MANS += tools/tldguard.1
