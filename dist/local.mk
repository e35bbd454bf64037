# SPDX-License-Identifier: BSD-3-Clause
# What others read the block log with.
siemdir = $(pkgdatadir)/siem
dist_siem_DATA = dist/event.schema.json
dist_siem_DATA += dist/rsyslog-sender.conf dist/rsyslog-collector.conf dist/tldguard.logrotate
