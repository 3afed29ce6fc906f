// Builds dist/ from src/. The same sources give the same bytes: no hashes of time, no names of machines, one pinned esbuild.
import { build, context } from 'esbuild';
import { cp, mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';

const watch = process.argv.includes('--watch');

const common = {
  bundle: true,
  target: ['es2022'],
  charset: 'utf8',
  legalComments: 'none',
  logLevel: 'warning',
};

if (process.argv.includes('--test')) {
  await rm('.test', { recursive: true, force: true });
  const tests = (await readdir('test')).filter((name) => name.endsWith('.test.ts'));
  await build({
    ...common,
    entryPoints: tests.map((name) => `test/${name}`),
    outdir: '.test',
    outExtension: { '.js': '.mjs' },
    format: 'esm',
    platform: 'node',
    external: ['node:*'],
  });
} else {
  await mkdir('dist', { recursive: true });
  for (const name of ['index.html', 'explorer.html', 'favicon.svg']) await cp(`src/${name}`, `dist/${name}`);
  const options = {
    ...common,
    entryPoints: {
      app: 'src/main.tsx',
      // The page of `pacto doc --ui`, which is no part of the dashboard.
      explorer: 'src/explorer.tsx',
      // Runs before the first paint; the content security policy forbids an inline script.
      theme: 'src/theme-boot.ts',
      // The simulation of the force mode runs in a worker, fetched only when asked for.
      force: 'src/graph/force-worker.ts',
    },
    outdir: 'dist',
    format: 'iife',
    minify: true,
    jsx: 'automatic',
    jsxImportSource: 'preact',
    alias: { 'd3-transition': './src/graph/no-transition.ts', 'd3-interpolate': './src/graph/no-transition.ts' },
  };
  if (watch) {
    const session = await context(options);
    await session.watch();
  } else {
    await build(options);
    let total = 0;
    for (const name of (await readdir('dist')).sort()) {
      const bytes = await readFile(`dist/${name}`);
      const gzip = gzipSync(bytes, { level: 9 }).length;
      total += gzip;
      console.log(`${name.padEnd(14)} ${String(bytes.length).padStart(8)} B ${String(gzip).padStart(8)} B gzip`);
    }
    console.log(`${'together'.padEnd(14)} ${' '.repeat(10)} ${String(total).padStart(8)} B gzip`);
    if (total > 150 * 1024) throw new Error('the bundle is larger than its budget of 150 kB');
  }
}
