# SPDX-License-Identifier: BSD-3-Clause
# What gnuplot drew from figures.gp becomes a card that is light or dark as the reader has chosen, for
# scripts/figures. -v made=DIGEST and -v title=TEXT go into it.
function class(line) {
    gsub(/fill *= *["']rgb\( *1, *1, *1\)["']/, "class=\"text\"", line)
    gsub(/fill *= *["']rgb\( *2, *2, *2\)["']/, "class=\"bar\"", line)
    gsub(/fill *= *["']rgb\( *3, *3, *3\)["']/, "class=\"ours\"", line)
    gsub(/fill *= *["']rgb\( *4, *4, *4\)["']/, "class=\"side\"", line)
    gsub(/font-family="stand-in"/, "", line)
    gsub(/ stroke-width="[0-9.]*" stroke-linecap="butt" stroke-linejoin="miter"/, "", line)
    return line
}
# A bar with round corners, out of its four.
function bar(line,    points, p, q, kind) {
    kind = line
    sub(/.*class="/, "", kind); sub(/".*/, "", kind)
    points = line
    sub(/.*points = '/, "", points); sub(/ *'.*/, "", points)
    split(points, corner, " "); split(corner[1], p, ","); split(corner[3], q, ",")
    return sprintf("<rect class=\"%s\" x=\"%s\" y=\"%s\" width=\"%.2f\" height=\"%.2f\" rx=\"3\"/>",
        kind, p[1], q[2], q[1] - p[1], p[2] - q[2])
}
/^<title>Gnuplot/ { print "<title>" title "</title>"; next }
/^<desc>/ {
    print "<!-- made from " made " -->"
    print "<style>"
    print "svg { font-family: Inter, 'Segoe UI', Helvetica, Arial, sans-serif }"
    print ".card { fill: #fff; stroke: #d0d7de } .text { fill: #1f2328 } .side { fill: #59636e }"
    print ".bar { fill: #b8c4d0 } .ours { fill: #0969da } .own { font-weight: 700 }"
    print "@media (prefers-color-scheme: dark) {"
    print ".card { fill: #0d1117; stroke: #3d444d } .text { fill: #f0f6fc } .side { fill: #9198a1 }"
    print ".bar { fill: #4a535e } .ours { fill: #4493f8 } }"
    print "</style>"
    next
}
/^<rect x="0" y="0"/ { print "<rect class=\"card\" x=\"0.5\" y=\"0.5\" width=\"919\" height=\"" height - 1 "\" rx=\"12\"/>"; next }
/viewBox=/ { height = $4 + 0 }
/<defs>/ { skip = 1 }
/<\/defs>/ { skip = 0; next }
skip || /^[ \t]*$/ { next }
{
    sub(/<title>.*<\/title>/, "")
    sub(/<path stroke='black' *d='M[0-9., M]*'\/>/, "")
    $0 = class($0)
    if (/<polygon/) $0 = bar($0)
    if (/<text>(tldguard[^<]*|Where the instructions are|Instructions|Added instructions|Questions a second)</) sub(/<text>/, "<text class=\"own\">")
    print
}
