# SPDX-License-Identifier: BSD-3-Clause
# The picture of BENCHMARKS.md, as figures.gp is that of README.md, out of DIR/parts.
# Title: Where the instructions of a blocked and logged question are
set terminal svg size 920,480 dynamic noenhanced font 'stand-in,14'
set datafile separator "\t"
set output
set style fill solid 1 noborder
set border 0
set tics scale 0
unset key
unset xtics
set ytics textcolor '#010101'
set label 1 'Where the instructions are' at screen 0.03,0.935 font ',17' textcolor '#010101'
set label 2 'of a blocked and logged question, by file of Unbound and by folder of ours: callgrind, without the kernel' \
    at screen 0.03,0.885 textcolor '#040404'
stats DIR . '/parts' using 3 name 'PARTS' nooutput
set tmargin at screen 0.85
set bmargin at screen 0.03
set lmargin at screen 0.27
set rmargin at screen 0.965
set yrange [PARTS_records - 0.5:-0.5]
set xrange [0:PARTS_max * 1.12]
plot DIR . '/parts' using ($3 / 2):1:($3 / 2):(0.32):ytic(2) with boxxyerror linecolor '#020202', \
    '' using ($4 > 0 ? $3 / 2 : NaN):1:($3 / 2):(0.32) with boxxyerror linecolor '#030303', \
    '' using 3:1:5 with labels left offset 0.6,0 textcolor '#010101'
