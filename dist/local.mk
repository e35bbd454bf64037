# SPDX-License-Identifier: BSD-3-Clause
# What a site puts into place itself.
examplesdir = $(pkgdatadir)/examples
dist_examples_DATA =
# node_exporter's textfile collector; the folder of the module's figures.
dist_examples_DATA += dist/tldguard-status.service dist/tldguard-status.timer \
	dist/tldguard-tmpfiles.conf
