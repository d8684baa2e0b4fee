// What axe-core finds, a sentence for each element. `kind` is 'tag' or 'rule'.
([kind, rules]) => axe.run(document, {
  runOnly: { type: kind, values: rules }, resultTypes: ['violations'], preload: false, iframes: false,
}).then(({ violations }) => violations.flatMap(({ id, nodes }) => nodes.map(({ target, html, failureSummary }) =>
  `${id}: ${target.join(' ')} ${html.slice(0, 160)} (${failureSummary.slice(0, 300)})`)))
