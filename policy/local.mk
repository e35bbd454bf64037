# SPDX-License-Identifier: BSD-3-Clause
# libtgcore: what a resolver needs. libtldguard: that and the language's parser
# and compiler, which a resolver never loads.
noinst_LTLIBRARIES += policy/libtgcore.la policy/libtldguard.la
policy_libtgcore_la_SOURCES = \
	include/tldguard/status.h policy/status.c \
	include/tldguard/diag.h policy/diag.c \
	include/tldguard/dname.h policy/dname.c \
	include/tldguard/policy.h policy/words.c \
	policy/arena.h policy/arena.c \
	policy/yaml.h policy/yaml.c policy/yaml_keys.c policy/yaml_text.c \
	include/tldguard/settings.h policy/settings.c \
	include/tldguard/image.h policy/image_p.h policy/image.c \
	policy/image_open.c policy/image_index.c policy/image_decode.c \
	include/tldguard/decide.h policy/decide.c \
	include/tldguard/explain.h policy/explain.c
policy_libtgcore_la_LIBADD = $(LIBFYAML_LIBS) $(LIBCRYPTO_LIBS) $(CDB_LIBS)

policy_libtldguard_la_SOURCES = \
	policy/policy.c policy/parse.h policy/parse.c policy/parse_answer.c \
	policy/parse_name.c policy/parse_rules.c policy/check.c \
	policy/fileio.h policy/fileio.c policy/image_write.c
policy_libtldguard_la_LIBADD = policy/libtgcore.la $(LIBIDN2_LIBS)

policydir = $(pkgdatadir)/policies
dist_policy_DATA = policy/tables/default.yaml
dist_man_MANS += policy/tldguard-policy.5
