// The shipped bundles by their names, each the texts of its files. It runs in a browser, too, given the texts.

/**
 * The cases of a bundle by the entities they are about: for each, the bundle that stores those, and its cases.
 */
export function* cases(files) {
  const tests = Object.keys(files).filter((name) => name.startsWith("tests/") && name.endsWith(".json"));
  const groups = new Map();
  for (const file of tests) {
    for (const one of JSON.parse(files[file]).filter((one) => one.request)) {
      const entities = stored(files, file, one.entities);
      if (!groups.has(entities)) groups.set(entities, []);
      groups.get(entities).push({ ...one, file });
    }
  }
  for (const [entities, asked] of groups) yield [{ ...files, "entities.json": entities }, asked];
}

function stored(files, file, entities) {
  if (entities === undefined) return files["entities.json"];
  if (typeof entities !== "string") return JSON.stringify(entities);
  // A path relative to the file.
  return files[new URL(entities, `file:///${file}`).pathname.slice(1)];
}

/** Asks all that the cases of a bundle ask, and gives how many they are, and how those that differ do. */
export function differences({ Pdp, test }, files) {
  const report = test(files);
  const found = report.cases.filter((one) => !one.passed);
  let asked = 0;
  for (const [stored, all] of cases(files)) {
    const pdp = Pdp.fromBundle(stored);
    for (const one of all) {
      const response = pdp.authorize(one.request);
      const sorted = (ids) => JSON.stringify([...ids].sort());
      const differs =
        response.allowed !== (one.decision === "allow") ||
        (one.reason && sorted(one.reason) !== sorted(response.reason)) ||
        (one.obligations && sorted(Object.entries(one.obligations)) !== sorted(Object.entries(response.obligations))) ||
        (one.message && one.message !== response.message) ||
        response.errors.length !== (one.num_errors ?? 0);
      if (differs) found.push({ ...one, response });
      asked += 1;
    }
    pdp.free();
  }
  return { passed: report.passed, asked, found };
}
