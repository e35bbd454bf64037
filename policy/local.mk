# SPDX-License-Identifier: BSD-3-Clause
# libtgcore: what a resolver needs. libtldguard: that and the language's parser
# and compiler, which a resolver never loads.
noinst_LTLIBRARIES += policy/libtgcore.la policy/libtldguard.la
policy_libtgcore_la_SOURCES = \
	include/tldguard/status.h policy/status.c \
	include/tldguard/diag.h policy/diag.c \
	include/tldguard/dname.h policy/octets.h policy/dname.c \
	policy/fileio.h policy/fileio.c policy/mix.h policy/mix.c policy/text.h policy/text.c \
	include/tldguard/rrtype.h policy/rrtype.c \
	include/tldguard/policy.h policy/words.c \
	policy/arena.h policy/arena.c \
	policy/yaml.h policy/yaml.c policy/yaml_keys.c policy/yaml_prefix.c policy/yaml_text.c \
	include/tldguard/settings.h policy/settings_p.h policy/settings.c policy/settings_trusted.c \
	include/tldguard/image.h policy/image_p.h policy/image.c \
	policy/image_tlds.c policy/image_label.h policy/image_names.c policy/image_settle.c policy/image_clients.c \
	policy/image_open.c policy/image_frame.c policy/image_quick.c policy/image_index.c policy/image_cursor.h policy/image_cursor.c \
	policy/image_decode.c policy/image_refs.c \
	include/tldguard/trust.h policy/trust_p.h policy/trust.c policy/trust_check.c policy/trust_open.c \
	include/tldguard/decide.h policy/decide.c policy/decide_lead.c \
	include/tldguard/explain.h policy/explain.c
policy_libtgcore_la_LIBADD = $(LIBFYAML_LIBS) $(LIBCRYPTO_LIBS) $(CDB_LIBS)

policy_libtldguard_la_SOURCES = \
	policy/policy.c policy/parse.h policy/parse.c policy/parse_answer.c \
	policy/parse_name.c policy/parse_value.c policy/parse_rules.c policy/parse_tlds.c \
	policy/parse_entries.c policy/parse_clients.c policy/parse_canary.c policy/listfile.c policy/suffixes.h policy/suffixes.c \
	policy/check.h policy/check.c policy/check_names.c policy/check_say.c policy/check_rules.c \
	include/tldguard/canary.h policy/canary.c \
	policy/image_write.c policy/image_looks.h policy/image_looks.c policy/image_rebuild.c include/tldguard/pieces.h policy/pieces.c \
	policy/image_collect.h policy/image_collect.c policy/image_encode.h policy/image_encode.c
policy_libtldguard_la_LIBADD = policy/libtgcore.la $(LIBIDN2_LIBS) $(LIBPSL_LIBS)

# libtgnear: which labels are one slip apart. ICU's tables are large: for the tool alone.
noinst_LTLIBRARIES += policy/libtgnear.la
policy_libtgnear_la_SOURCES = \
	include/tldguard/nearmiss.h policy/nearmiss.c policy/advise.c policy/keyboard.c \
	policy/lines.h policy/lines.c policy/unicode.h policy/skeleton.c policy/spoof.c
policy_libtgnear_la_LIBADD = $(ICU_LIBS)
dist_pkgdata_DATA = policy/tables/keyboards.tsv policy/tables/popular-tlds.tsv

policydir = $(pkgdatadir)/policies
dist_policy_DATA = policy/tables/default.yaml policy/tables/strict.yaml policy/tables/monitor.yaml
dist_man_MANS += policy/tldguard-policy.5
