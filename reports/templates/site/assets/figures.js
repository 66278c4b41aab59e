// Pictures, drawn by Plotly once the page is there and they come into sight, in the page's own colours.
"use strict";

(() => {
  const figures = [...document.querySelectorAll("figure.chart")];
  if (!figures.length) return;

  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const palette = () => ["--c1", "--c2", "--c3", "--c4", "--c5", "--c6", "--c7", "--c8"].map(colour);

  function themed(layout) {
    const axis = (own) => ({ gridcolor: colour("--line"), zerolinecolor: colour("--line"), linecolor: colour("--line"), automargin: true, ...own });
    return {
      margin: { l: 12, r: 16, t: 12, b: 12 },
      showlegend: false,
      legend: { orientation: "h", y: 1.02, yanchor: "bottom", x: 0 },
      hoverlabel: { bgcolor: colour("--card"), bordercolor: colour("--line"), font: { color: colour("--ink") } },
      ...layout,
      font: { family: getComputedStyle(document.body).fontFamily, size: 12, color: colour("--ink") },
      paper_bgcolor: "rgba(0,0,0,0)",
      plot_bgcolor: "rgba(0,0,0,0)",
      colorway: palette(),
      xaxis: axis(layout.xaxis),
      yaxis: axis(layout.yaxis),
    };
  }

  const shades = (trace) => (trace.type === "heatmap" ? { ...trace, showscale: trace.colorbar !== undefined, colorscale: [[0, colour("--card")], [1, colour("--c1")]], xgap: 1, ygap: 1 } : trace);

  function draw(figure) {
    const spec = JSON.parse(figure.querySelector("script").textContent);
    const plot = figure.querySelector(".plot");
    Plotly.react(plot, spec.data.map(shades), themed(spec.layout), { responsive: true, displaylogo: false, displayModeBar: false });
    figure.dataset.drawn = "yes";
  }

  function start() {
    const seen = new IntersectionObserver((entries) => {
      for (const entry of entries.filter((one) => one.isIntersecting)) {
        seen.unobserve(entry.target);
        draw(entry.target);
      }
    }, { rootMargin: "300px" });
    figures.forEach((figure) => seen.observe(figure));
    const redraw = () => figures.filter((figure) => figure.dataset.drawn).forEach(draw);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  }

  // Plotly is large: the page and its examples come first.
  window.addEventListener("load", () => {
    const near = new IntersectionObserver((entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      near.disconnect();
      const script = document.createElement("script");
      script.src = `${document.body.dataset.root}assets/plotly.js`;
      script.onload = start;
      script.onerror = () => figures.forEach((figure) => {
        figure.querySelector(".plot").textContent = translated("assets/plotly.js, which draws the pictures, is not in this folder.");
      });
      document.head.append(script);
    }, { rootMargin: "600px" });
    figures.forEach((figure) => near.observe(figure));
  });
})();
