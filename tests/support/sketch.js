() => {
  const told = ["aria-label", "aria-pressed", "aria-sort", "aria-selected", "aria-current", "aria-valuenow", "data-tone", "data-color", "data-direction"];
  const lines = [];
  const add = (depth, text) => lines.push(" ".repeat(depth) + text);
  const walk = (node, depth) => {
    if (node.nodeType === Node.TEXT_NODE) {
      const text = node.textContent.replace(/\s+/g, " ").trim();
      if (text) add(depth, text);
      return;
    }
    if (node.nodeType !== Node.ELEMENT_NODE) return;
    if (node.matches("img, svg, .skeleton, .sentinel, dialog, input, textarea, [role=tooltip]")) return;
    if (node.matches("time")) return add(depth, "@" + node.dateTime);
    const facts = told.filter((name) => node.hasAttribute(name)).map((name) => `${name}=${node.getAttribute(name)}`);
    if (node.matches("a[href]")) facts.push(`href=${new URL(node.href).pathname}${new URL(node.href).search}`);
    const speaks = facts.length || node.matches("h1, h2, h3, li, tr, td, article, button");
    if (speaks) add(depth, `<${node.localName}${facts.length ? " " + facts.join(" ") : ""}>`);
    for (const child of node.childNodes) walk(child, depth + (speaks ? 1 : 0));
  };
  walk(document.querySelector("main"), 0);
  for (const field of document.querySelectorAll("main [data-follows] :is(select, input)"))
    add(0, `${field.name}=${field.value}`);
  return lines.join("\n");
}
