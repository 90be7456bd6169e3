// What bertviz's scripts expect around them: require.js, and their data. jQuery and d3 stand in
// this page already.
{
  const params = JSON.parse(document.getElementById("params").textContent);
  const all = params.attention.all;
  const heads = (layers, change) => layers && layers.map((layer) => layer.map(change));
  for (const [name, rows, columns] of params.blocks) {
    params.attention[name] = {
      left_text: all.left_text.slice(...rows),
      right_text: all.right_text.slice(...columns),
      attn: heads(all.attn, (head) => head.slice(...rows).map((row) => row.slice(...columns))),
      queries: heads(all.queries, (head) => head.slice(...rows)),
      keys: heads(all.keys, (head) => head.slice(...columns)),
    };
  }
  const relabel = (list, names) =>
    document.querySelectorAll(`${list} option`).forEach((option, index) => {
      option.textContent = names[index];
    });
  window.bertviz_params = params;
  window.require = { config() {} };
  window.requirejs = (names, run) => {
    run(window.jQuery, window.d3);
    // The neuron view counts from 0 and cannot be told otherwise.
    relabel("#layer", params.include_layers);
    relabel("#att_head", params.include_heads);
  };
}
