// node check.mjs NAME BASE ARGUMENTS: one check of the pages of the daemon at BASE. Ends with 0, or tells what is wrong.
// A line {"ask": ...} asks the caller for something and waits for a line; {"figure": ...} is something measured.

import * as acts from './acts.mjs';
import * as connection from './connection.mjs';
import * as every from './every.mjs';
import { launch, stop, Wrong } from './lib.mjs';
import * as live from './live.mjs';
import * as many from './many.mjs';
import * as reports from './report.mjs';
import * as pictures from './shots.mjs';
import * as ways from './ways.mjs';

const checks = { ...every, ...ways, ...connection, ...many, ...live, ...acts, ...reports, ...pictures };
const [name, base, args] = process.argv.slice(2);
const browser = await launch();
try {
  if (!checks[name]) throw new Wrong(`there is no check ${name}`);
  await checks[name]({ browser, base, args: JSON.parse(args) });
} catch (error) {
  process.stderr.write(`${error instanceof Wrong ? error.message : error.stack}\n`);
  process.exitCode = 1;
} finally {
  await browser.close();
  stop();
}
