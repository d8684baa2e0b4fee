// Builds the assets into the folder given (service/web/static/dist). Same sources, same bytes.
import { rm } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as esbuild from 'esbuild';
import * as sass from 'sass';

const here = dirname(fileURLToPath(import.meta.url));
const outdir = resolve(process.argv[2] ?? `${here}/../service/web/static/dist`);

const scss = {
  name: 'scss',
  setup(build) {
    build.onLoad({ filter: /\.scss$/ }, ({ path }) => ({
      contents: sass.compile(path, { loadPaths: [`${here}/node_modules`], quietDeps: true }).css,
      loader: 'css',
      resolveDir: here,
    }));
  },
};

await rm(outdir, { recursive: true, force: true });
await esbuild.build({
  absWorkingDir: here,
  entryPoints: ['app.css', 'app.js', 'diagram.css', 'diagram.js'].map((name) => `src/${name}`),
  outdir,
  bundle: true,
  minify: true,
  format: 'iife',
  // The last browsers of Windows 7 and 8 are still at work in commune offices.
  target: ['chrome109', 'firefox115', 'safari15.4'],
  assetNames: 'fonts/[name]',
  loader: { '.woff2': 'file' },
  legalComments: 'external',
  charset: 'utf8',
  logLevel: 'warning',
  plugins: [scss],
});
