# SPDX-License-Identifier: BSD-3-Clause
# The picture of README.md, out of tables that scripts/figures makes: in DIR the files instructions, more and
# rates, with PLACE, NAME, FIGURE, OURS (0, 1), LABEL. Colours and the font are stand-ins for what figures.awk
# puts there: #010101 text, #020202 bars, #030303 ours, #040404 what is said by the way.
# Title: What a blocked and logged question costs
set terminal svg size 920,440 dynamic noenhanced font 'stand-in,14'
set datafile separator "\t"
set output
set style fill solid 1 noborder
set border 0
set tics scale 0
unset key
unset xtics
set ytics textcolor '#010101'

set label 1 'Instructions' at screen 0.03,0.935 font ',17' textcolor '#010101'
set label 2 'to block one question and log it: fewer are better' at screen 0.03,0.878 textcolor '#040404'
set label 3 'Added instructions' at screen 0.03,0.425 font ',17' textcolor '#010101'
set label 4 'to a cached answer that no rule is about: fewer are better' at screen 0.03,0.368 textcolor '#040404'
set label 5 'Questions a second' at screen 0.52,0.935 font ',17' textcolor '#010101'
set label 6 'of processor time, blocked and logged: more are better' at screen 0.52,0.878 textcolor '#040404'

stats DIR . '/instructions' using 3 name 'INSTRUCTIONS' nooutput
stats DIR . '/more' using 3 name 'MORE' nooutput
stats DIR . '/rates' using 3 name 'RATES' nooutput
# A row is as high in each. Behind the longest bar there is room for its figure.
row = 0.07
bars = "set tmargin at screen top; set bmargin at screen top - row * count; set yrange [count - 0.5:-0.5]; \
set xrange [0:most * 1.28]; \
plot FILE using ($3 / 2):1:($3 / 2):(0.32):ytic(2) with boxxyerror linecolor '#020202', \
FILE using ($4 > 0 ? $3 / 2 : NaN):1:($3 / 2):(0.32) with boxxyerror linecolor '#030303', \
FILE using 3:1:5 with labels left offset 0.6,0 textcolor '#010101'; unset label"

set multiplot
set lmargin at screen 0.185
set rmargin at screen 0.47
FILE = DIR . '/instructions'; top = 0.82; count = INSTRUCTIONS_records; most = INSTRUCTIONS_max
eval bars
FILE = DIR . '/more'; top = 0.31; count = MORE_records; most = MORE_max
eval bars
set lmargin at screen 0.70
set rmargin at screen 0.965
FILE = DIR . '/rates'; top = 0.82; count = RATES_records; most = RATES_max
eval bars
unset multiplot
