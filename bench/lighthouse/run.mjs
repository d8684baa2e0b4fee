// node run.mjs PORT COOKIE URL…: Lighthouse's default (a telephone, 4 times slower, 1.6 Mbit/s, 150 ms away) on
// each page in the browser that listens at PORT; prints [{url, scores, lcp, cls, tbt, failed}] as JSON.
import lighthouse from 'lighthouse';

const [port, cookie, ...urls] = process.argv.slice(2);
const options = {
  port: Number(port),
  output: 'json',
  logLevel: 'error',
  onlyCategories: ['performance', 'accessibility', 'best-practices'],
  extraHeaders: { Cookie: cookie },
  disableStorageReset: true,
};
const found = [];
for (const url of urls) {
  const { lhr } = await lighthouse(url, options);
  if (lhr.runtimeError) throw new Error(`${url}: ${lhr.runtimeError.message}`);
  const value = (id) => lhr.audits[id].numericValue;
  found.push({
    url: lhr.finalDisplayedUrl,
    scores: Object.fromEntries(Object.entries(lhr.categories).map(([id, { score }]) => [id, Math.round(score * 100)])),
    lcp: value('largest-contentful-paint'),
    cls: value('cumulative-layout-shift'),
    tbt: value('total-blocking-time'),
    failed: Object.values(lhr.categories).flatMap(({ auditRefs }) => auditRefs)
      .filter(({ id, weight }) => weight && lhr.audits[id].score !== null && lhr.audits[id].score < 0.9)
      .map(({ id }) => [id, ...(lhr.audits[id].details?.items ?? []).slice(0, 5).map(({ node }) => node?.selector).filter(Boolean)]),
  });
}
console.log(JSON.stringify(found));
