# SPDX-License-Identifier: BSD-3-Clause
# What an administrator and the hosts of a fleet run. Each finds scripts/lib beside itself, so
# they are installed together; those that people call are linked to.
tg_linked = push-policy fleet-status pull-policy
dist_pkglibexec_SCRIPTS = scripts/push-policy scripts/fleet-status scripts/pull-policy scripts/policy-host
pkglibexeclibdir = $(pkglibexecdir)/lib
dist_pkglibexeclib_DATA = scripts/lib/fleet.sh scripts/lib/incoming.sh \
	scripts/lib/push_state.sh scripts/lib/push_hosts.sh scripts/lib/push_plan.sh
# The mail exchange of a policy's sinkhole.
tg_linked += mail-sinkhole
dist_pkglibexec_SCRIPTS += scripts/mail-sinkhole
dist_man_MANS += scripts/mail-sinkhole.1
dist_man_MANS += scripts/push-policy.1 scripts/fleet-status.1 scripts/pull-policy.1 scripts/policy-host.1

install-exec-hook:
	$(MKDIR_P) '$(DESTDIR)$(bindir)'
	for name in $(tg_linked); do ln -sf '$(pkglibexecdir)'/$$name '$(DESTDIR)$(bindir)'/$$name || exit; done
uninstall-hook:
	for name in $(tg_linked); do rm -f '$(DESTDIR)$(bindir)'/$$name; done
