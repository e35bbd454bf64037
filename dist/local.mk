# SPDX-License-Identifier: BSD-3-Clause
# What others read the block log with.
siemdir = $(pkgdatadir)/siem
dist_siem_DATA = dist/event.schema.json
