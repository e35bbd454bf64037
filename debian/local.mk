# SPDX-License-Identifier: BSD-3-Clause
# Each file by its name: what dpkg-buildpackage makes here belongs into no tarball.
EXTRA_DIST += debian/changelog debian/control debian/copyright debian/on-mismatch.default debian/fit.conf \
	debian/not-installed debian/rules debian/source/format debian/tldguard.conf debian/unbound.conf \
	debian/tldguard.docs debian/tldguard.install debian/tldguard-rebuild.service \
	debian/unbound-module-tldguard.install debian/unbound-module-tldguard.manpages \
	debian/unbound-module-tldguard.postinst debian/unbound-module-tldguard.postrm \
	debian/unbound-module-tldguard.prerm debian/unbound-module-tldguard.triggers
