
// ---- tables: a CSV file of one's own --------------------------------------------------------------

/** @typedef {{name: string, cells: string[]}} Column */
/**
 * A file as columns; `lines` are the lines of its rows, `decimal` is the mark in its numbers.
 * @typedef {{name: string, columns: Column[], lines: number[], decimal: string, isNamed: boolean}} Table
 */

const DELIMITERS = [",", ";", "\t", "|"];

/**
 * The rows of a text with quotes as in RFC 4180, each with the line it begins in.
 * @param {string} text @param {string} delimiter
 */
function rowsOf(text, delimiter) {
  /** @type {{line: number, cells: string[]}[]} */
  const rows = [];
  let [cells, cell, line, start, quoted] = [/** @type {string[]} */ ([]), "", 1, 1, false];
  const end = () => {
    cells.push(cell.trim());
    if (cells.length > 1 || cells[0]) rows.push({ line: start, cells });
    [cells, cell, start] = [[], "", line];
  };
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (c === "\n") line += 1;
    if (quoted) {
      if (c !== '"') cell += c;
      else if (text[i + 1] === '"') [cell, i] = [cell + c, i + 1];
      else quoted = false;
    } else if (c === '"' && !cell.trim()) [quoted, cell] = [true, ""];
    else if (c === delimiter) [cells, cell] = [[...cells, cell.trim()], ""];
    else if (c === "\n") end();
    else if (c !== "\r") cell += c;
  }
  if (quoted) throw new Error(`line ${start}: a quotation that begins there does not end`);
  if (cells.length || cell) end();
  return rows;
}

/**
 * Whether a cell is a finite number, with either mark or with this one.
 * @param {string} cell @param {string} [decimal]
 */
const isNumber = (cell, decimal) =>
  Number.isFinite(read(cell) ?? NaN) && !(decimal && cell.includes(decimal === "," ? "." : ","));

/**
 * The mark that more numbers have; a comma only where none is between cells.
 * @param {string[]} cells @param {string} delimiter
 */
function decimalOf(cells, delimiter) {
  const [points, commas] = [".", ","].map((mark) => cells.filter((c) => c.includes(mark) && isNumber(c)).length);
  return delimiter !== "," && commas > points ? "," : ".";
}

/**
 * A CSV file as columns by name; an Error says line and column of what is wrong.
 * @param {string} name @param {string} text @returns {Table}
 */
function table(name, text) {
  const plain = text.replace(/^\ufeff/, "");
  const first = plain.split("\n", 1)[0];
  const counts = DELIMITERS.map((mark) => first.split(mark).length);
  const delimiter = DELIMITERS[counts.indexOf(Math.max(...counts))];
  const rows = rowsOf(plain, delimiter);
  if (!rows.length) throw new Error(`${name} is empty`);
  const [head] = rows;
  const isHeader = !head.cells.every((cell) => isNumber(cell));
  const names = head.cells.map((cell, k) => (isHeader && cell) || `column ${k + 1}`);
  const twice = names.find((each, k) => names.indexOf(each) < k);
  if (twice) throw new Error(`${name}, line ${head.line}: two columns are called ${twice}`);
  const body = isHeader ? rows.slice(1) : rows;
  if (body.length < 4) throw new Error(`${name} has ${body.length} rows of examples: four are the fewest`);
  if (names.length < 2) throw new Error(`${name} has one column: inputs and what is to be learned take two`);
  for (const { line, cells } of body) {
    if (cells.length !== names.length) {
      throw new Error(`${name}, line ${line}: ${cells.length} cells where the first line has ${names.length}`);
    }
  }
  const most = given.most.examples;
  if (body.length > most) {
    throw new Error(`${name} has ${body.length} rows, and the page trains on at most ${most}`);
  }
  const columns = names.map((each, k) => ({ name: each, cells: body.map(({ cells }) => cells[k]) }));
  const decimal = decimalOf(body.flatMap(({ cells }) => cells), delimiter);
  const isNamed = isHeader && head.cells.every((cell) => cell !== "");
  return { name, columns, lines: body.map(({ line }) => line), decimal, isNamed };
}

/**
 * What is most likely to be learned: the last column of texts that are classes, or the last that
 * can be; `passed` says what was wrong with a later one.
 * @param {Table} table
 */
function likelyTarget(table) {
  const backwards = [...table.columns].reverse();
  const isClass = (/** @type {Column} */ { cells }) => {
    const count = new Set(cells).size;
    return count > 1 && count <= given.most.classes && !cells.some((cell) => isNumber(cell, table.decimal));
  };
  const text = backwards.find(isClass);
  if (text) return { target: text.name, passed: "" };
  let passed = "";
  for (const { name } of backwards) {
    try {
      setFrom(table, name);
      return { target: name, passed: passed && `${passed}; ${name} is learned instead` };
    } catch (error) {
      passed ||= /** @type {Error} */ (error).message;
    }
  }
  throw new Error(passed);
}

/**
 * A table as a data set: texts are classes, and numbers where they are whole and few; columns
 * without any number are left out.
 * @param {Table} table @param {string} target @returns {GivenSet}
 */
function setFrom({ name, columns, lines, decimal }, target) {
  const learned = /** @type {Column} */ (columns.find((column) => column.name === target));
  const hasNumber = (/** @type {Column} */ { cells }) => cells.some((cell) => isNumber(cell, decimal));
  const features = columns.filter((column) => column !== learned && hasNumber(column));
  if (!features.length) throw new Error(`${name} has no column of numbers besides ${target}`);
  if (features.length > given.most.features) {
    const room = `the page has room for ${given.most.features}`;
    throw new Error(`${name} has ${features.length} columns of numbers, and ${room}`);
  }
  const number = (/** @type {Column} */ column, /** @type {number} */ i) => {
    const cell = column.cells[i];
    if (isNumber(cell, decimal)) return Number(read(cell));
    const what = cell ? `“${cell}” is no number` : "a number is missing";
    throw new Error(`${name}, line ${lines[i]}, column ${column.name}: ${what}`);
  };
  const inputs = lines.map((_, i) => features.map((column) => number(column, i)));
  const { cells } = learned;
  const empty = cells.indexOf("");
  if (empty >= 0) throw new Error(`${name}, line ${lines[empty]}, column ${target}: it is empty`);
  const different = [...new Set(cells)];
  if (different.length < 2) {
    throw new Error(`column ${target} of ${name} has one value only: there is nothing to learn`);
  }
  const numeric = hasNumber(learned);
  const whole = numeric && different.every((cell) => Number.isInteger(read(cell)));
  const isClass = !numeric || (whole && different.length <= given.most.classes);
  if (isClass && different.length > given.most.classes) {
    const room = `2 to ${given.most.classes} can be told apart`;
    throw new Error(`column ${target} of ${name} has ${different.length} classes: ${room}`);
  }
  const classes = isClass ? different.sort(numeric ? (a, b) => Number(read(a)) - Number(read(b)) : undefined) : [];
  const labels = cells.map((cell, i) => (isClass ? classes.indexOf(cell) : number(learned, i)));
  return {
    name, inputs, labels, classes, answers: classes.map((_, k) => k),
    features: features.map((column) => column.name), held: null, noise: null,
  };
}
