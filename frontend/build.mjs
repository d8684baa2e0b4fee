// Builds the assets into the folder given (service/web/static/dist). Same sources, same bytes.
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as esbuild from 'esbuild';
import * as sass from 'sass';
import { prune } from './pruning.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const outdir = resolve(process.argv[2] ?? `${here}/../service/web/static/dist`);

const scss = {
  name: 'scss',
  setup(build) {
    build.onLoad({ filter: /\.scss$/ }, ({ path }) => {
      const { css } = sass.compile(path, { loadPaths: [`${here}/node_modules`], quietDeps: true });
      return { contents: path.endsWith('tabler.scss') ? prune(css) : css, loader: 'css', resolveDir: here };
    });
  },
};

await rm(outdir, { recursive: true, force: true });
const { metafile } = await esbuild.build({
  metafile: true,
  absWorkingDir: here,
  entryPoints: ['app.css', 'early.js', 'app.js', 'diagram.css', 'diagram.js', 'studio.css', 'studio.js', 'form_editor.css', 'form_editor.js'].map((name) => `src/${name}`),
  outdir,
  bundle: true,
  minify: true,
  format: 'iife',
  // The last browsers of Windows 7 and 8 are still at work in commune offices.
  target: ['chrome109', 'firefox115', 'safari15.4'],
  assetNames: 'fonts/[name]',
  loader: { '.woff2': 'file' },
  legalComments: 'none', // the licences stand in a file of their own, below
  charset: 'utf8',
  logLevel: 'warning',
  plugins: [scss],
});

await writeFile(`${outdir}/LICENCES.txt`, await licences());

/** The licence of every package of which something is in the assets. */
async function licences() {
  const files = [...Object.keys(metafile.inputs), 'node_modules/@tabler/core/']; // Sass reads Tabler by itself
  const packages = files.map((file) => file.match(/node_modules\/((?:@[^/]+\/)?[^/]+)\//)?.[1]).filter(Boolean);
  const texts = [];
  for (const name of [...new Set(packages)].sort()) {
    const folder = `${here}/node_modules/${name}`;
    const { version, license } = JSON.parse(await readFile(`${folder}/package.json`, 'utf8'));
    const file = (await readdir(folder)).find((entry) => /^licen[cs]e/i.test(entry));
    const text = file ? (await readFile(`${folder}/${file}`, 'utf8')).trim() : '(the package carries no licence text)';
    texts.push(`${name} ${version} (${license})\n\n${text}\n`);
  }
  return texts.join(`\n${'-'.repeat(80)}\n\n`);
}
