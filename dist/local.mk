# SPDX-License-Identifier: BSD-3-Clause
# What a site puts into place itself.
examplesdir = $(pkgdatadir)/examples
dist_examples_DATA =
# node_exporter's textfile collector; the folder of the module's figures.
dist_examples_DATA += dist/tldguard-status.service dist/tldguard-status.timer \
	dist/tldguard-tmpfiles.conf
# The policy by DNS.
dist_examples_DATA += dist/tldguard-fetch.service dist/tldguard-fetch.timer
# A host that fetches its policy itself.
dist_examples_DATA += dist/tldguard-pull.service dist/tldguard-pull.timer

# What holds Unbound, with the module in it: AppArmor, systemd.
apparmorexamplesdir = $(examplesdir)/apparmor
dist_apparmorexamples_DATA = dist/apparmor/usr.sbin.unbound
systemdexamplesdir = $(examplesdir)/systemd/unbound.service.d
dist_systemdexamples_DATA = dist/systemd/unbound.service.d/tldguard.conf \
	dist/systemd/unbound.service.d/tldguard-chroot.conf

# What others read the block log with: see tldguard-siem(7).
siemdir = $(pkgdatadir)/siem
dist_siem_DATA = dist/event.schema.json
dist_siem_DATA += dist/rsyslog-sender.conf dist/rsyslog-collector.conf
dist_siem_DATA += dist/tldguard.logrotate
dist_siem_DATA += dist/net_dns_tldguard_lookalike.yml
dist_man_MANS += dist/tldguard-siem.7

# Where lnav looks, when sysconfdir is /etc.
lnavdir = $(sysconfdir)/lnav/formats/tldguard
dist_lnav_DATA = dist/tldguard_log.json

# What senders of mail are told.
dist_man_MANS += dist/tldguard-mail.7
