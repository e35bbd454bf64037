/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * Draws the charts of a report with Chart.js, of the figures that stand in the page as JSON. All
 * else is in the page without it: where this script does not run, nothing is missing but charts.
 * Names are strangers' text: they come from the cells of the tables, where they were made
 * harmless, and go onto a canvas; nothing here makes HTML of a text.
 */
"use strict";
(function () {
    const BARS = 20; /* of a list; the table has them all */
    const LABEL = 30; /* characters */
    const figures = JSON.parse(document.getElementById("data").textContent);
    const dark = window.matchMedia("(prefers-color-scheme: dark)");
    const number = new Intl.NumberFormat("en-US");
    let drawn = [];

    function colour(name) {
        return getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();
    }

    /* The start and the end of a name that is too long: the end is what it is about. */
    function short(text) {
        const letters = Array.from(text);
        const part = Math.floor(LABEL / 2) - 1;
        return letters.length <= LABEL
            ? text
            : letters.slice(0, part).join("") + "\u2026" + letters.slice(-part).join("");
    }

    /* What heads the rows of a table. */
    function heads(id) {
        return Array.from(document.querySelectorAll("#" + id + " tbody th"), (cell) =>
            short(cell.textContent));
    }

    function bars(label, values, paint) {
        return {label: label, data: values, backgroundColor: paint, maxBarThickness: 44};
    }

    function axis(grid) {
        return {
            stacked: true,
            beginAtZero: true,
            border: {display: false},
            grid: {display: grid, color: colour("line"), drawBorder: false},
            ticks: {color: colour("quiet"), maxRotation: 0, autoSkipPadding: 16},
        };
    }

    /* Of counts: whole numbers, with separators. */
    function scale() {
        const made = axis(true);
        made.ticks.precision = 0;
        made.ticks.callback = (value) => number.format(value);
        return made;
    }

    function settings(lying, legend) {
        return {
            animation: false,
            responsive: true,
            maintainAspectRatio: false,
            indexAxis: lying ? "y" : "x",
            scales: lying ? {x: scale(), y: axis(false)} : {x: axis(false), y: scale()},
            plugins: {
                legend: {
                    display: legend,
                    align: "start",
                    labels: {color: colour("text"), boxWidth: 12, boxHeight: 12},
                },
                tooltip: {callbacks: {label: (item) =>
                    " " + item.dataset.label + ": " + number.format(item.raw)}},
            },
        };
    }

    function draw(id, labels, sets, lying) {
        const box = document.getElementById(id + "-chart");
        if (!box || labels.length === 0)
            return;
        /* Its size is taken when it is drawn. */
        box.hidden = false;
        box.parentElement.classList.add("drawn");
        if (lying)
            box.style.height = labels.length * 32 + 50 + "px";
        try {
            drawn.push(new Chart(box.querySelector("canvas"), {
                type: "bar",
                data: {labels: labels, datasets: sets},
                options: settings(lying, sets.length > 1),
            }));
        } catch (error) {
            box.hidden = true;
            box.parentElement.classList.remove("drawn");
            throw error;
        }
    }

    function drawDays() {
        const sets = [bars("Blocked", figures.days.map((day) => day.blocked), colour("blocked"))];
        if (figures.watched > 0)
            sets.push(bars("Only noted", figures.days.map((day) => day.watched), colour("noted")));
        draw("days", figures.days.map((day) => day.day), sets, false);
    }

    function drawList(id, rows) {
        draw(id, heads(id).slice(0, BARS),
            [bars("Questions", rows.slice(0, BARS).map((row) => row.count), colour("blocked"))],
            true);
    }

    function drawSeverities() {
        const paint = {critical: "critical", high: "high", medium: "medium"};
        if (figures.incidents === 0)
            return;
        draw("severities", heads("severities"),
            [bars("Incidents", figures.severities.map((row) => row.incidents),
                figures.severities.map((row) => colour(paint[row.severity] || "low")))],
            true);
    }

    function drawAll() {
        drawn.forEach((chart) => chart.destroy());
        drawn = [];
        Chart.defaults.font.family = getComputedStyle(document.documentElement).fontFamily;
        Chart.defaults.font.size = 12;
        drawDays();
        drawList("twins", figures.top_twins);
        drawList("clients", figures.top_clients);
        drawSeverities();
    }

    /* A table that fits its place needs no stop of the keyboard, and is no landmark. */
    function setScrolls() {
        document.querySelectorAll(".scroll").forEach((box) => {
            if (box.scrollWidth > box.clientWidth) {
                box.setAttribute("tabindex", "0");
                box.setAttribute("role", "region");
            } else {
                box.removeAttribute("tabindex");
                box.removeAttribute("role");
            }
        });
    }

    /* On paper nothing is folded. */
    function setPrint(more) {
        let open = more.open;
        window.addEventListener("beforeprint", () => {
            open = more.open;
            more.open = true;
        });
        window.addEventListener("afterprint", () => {
            more.open = open;
        });
    }

    const more = document.getElementById("days-more");
    if (more)
        setPrint(more);
    if (typeof Chart !== "undefined") {
        drawAll();
        if (more)
            more.open = false;
        dark.addEventListener("change", drawAll);
    }
    setScrolls();
    window.addEventListener("resize", setScrolls);
    if (more)
        more.addEventListener("toggle", setScrolls);
})();
