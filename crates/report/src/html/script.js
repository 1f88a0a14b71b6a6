// Shows the figures behind the charts: a line and a box that follow the pointer, a finger, or the arrow keys.
(function () {
  "use strict";
  var data = JSON.parse(document.getElementById("figures").textContent);
  var language = document.documentElement.lang;
  var left = data.plot[0], top = data.plot[1], right = data.plot[2], bottom = data.plot[3];
  var width = data.plot[4], height = data.plot[5];
  var formats = [0, 1, 2].map(function (decimals) {
    return new Intl.NumberFormat(language, { maximumFractionDigits: decimals });
  });
  var charts = [];

  function number(value) {
    var size = Math.abs(value);
    return formats[size >= 100 ? 0 : size >= 10 ? 1 : 2].format(value);
  }

  function clock(seconds) {
    var whole = Math.max(0, Math.floor(seconds));
    var two = function (part) { return (part < 10 ? "0" : "") + part; };
    var minutes = Math.floor(whole / 60) % 60, hours = Math.floor(whole / 3600);
    return (hours ? hours + ":" + two(minutes) : minutes) + ":" + two(whole % 60);
  }

  function add(parent, name, className, text) {
    var element = document.createElement(name);
    if (className) { element.className = className; }
    if (text !== undefined) { element.textContent = text; }
    parent.appendChild(element);
    return element;
  }

  function nearest(places, fraction) {
    var best = 0;
    places.forEach(function (place, at) {
      if (Math.abs(place - fraction) < Math.abs(places[best] - fraction)) { best = at; }
    });
    return best;
  }

  function hide() {
    charts.forEach(function (chart) {
      chart.line.hidden = true;
      chart.box.hidden = true;
    });
  }

  function draw(chart, at) {
    chart.line.hidden = false;
    chart.line.style.left = (left + chart.places[at] * (right - left)) / width * 100 + "%";
  }

  function fill(chart, at) {
    var box = chart.box;
    box.textContent = "";
    add(box, "b", "", chart.labels ? chart.labels[at] : clock(data.times[at]));
    chart.series.forEach(function (series) {
      var value = series[2][at];
      var row = add(box, "span", "");
      add(row, "i", "swatch " + series[1]);
      add(row, "span", "", series[0]);
      add(row, "em", "", value === null || value === undefined ? "–" : number(value) + " " + chart.unit);
    });
    box.hidden = false;
    var place = chart.places[at] * (right - left) + left;
    var room = chart.plot.clientWidth, x = place / width * room;
    var beside = x + 14 + box.offsetWidth <= room ? x + 14 : x - 14 - box.offsetWidth;
    box.style.left = Math.max(0, Math.min(beside, room - box.offsetWidth)) + "px";
  }

  function show(chart, at) {
    hide();
    chart.at = at;
    if (chart.isTime) {
      charts.filter(function (other) { return other.isTime; }).forEach(function (other) { draw(other, at); });
    } else {
      draw(chart, at);
    }
    fill(chart, at);
  }

  function listen(chart) {
    function follow(event) {
      var bounds = chart.plot.getBoundingClientRect();
      var x = (event.clientX - bounds.left) / bounds.width * width;
      show(chart, nearest(chart.places, (x - left) / (right - left)));
    }
    chart.plot.addEventListener("pointermove", follow);
    chart.plot.addEventListener("pointerdown", follow);
    chart.plot.addEventListener("pointerleave", function (event) {
      if (event.pointerType === "mouse") { hide(); }
    });
    chart.plot.addEventListener("blur", hide);
    chart.plot.addEventListener("keydown", function (event) {
      var step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (event.key === "Escape") { hide(); }
      if (!step) { return; }
      event.preventDefault();
      show(chart, Math.max(0, Math.min(chart.places.length - 1, chart.at + step)));
    });
  }

  document.querySelectorAll("[data-chart]").forEach(function (plot) {
    var known = data.charts[plot.dataset.chart];
    if (!known || !known.series.length) { return; }
    var chart = { plot: plot, series: known.series, unit: known.unit, labels: known.labels, at: -1 };
    chart.isTime = !known.places;
    chart.places = known.places || data.times.map(function (time) { return time / data.end; });
    chart.line = add(plot, "div", "crosshair");
    chart.line.style.top = top / height * 100 + "%";
    chart.line.style.height = (bottom - top) / height * 100 + "%";
    chart.box = add(plot, "div", "values");
    chart.box.setAttribute("role", "status");
    plot.tabIndex = 0;
    charts.push(chart);
    listen(chart);
  });
  document.addEventListener("pointerdown", function (event) {
    if (!event.target.closest("[data-chart]")) { hide(); }
  });
  hide();
})();
