// Says what the published models of others' kinds have against objects: `node models.mjs FOLDER` reads objects as JSON and
// writes a sentence for each, empty where nothing is wrong. FOLDER/node_modules has the models.
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [folder] = process.argv.slice(2);
const objects = JSON.parse(readFileSync(0));
const said = [];
for (const { package: name, object } of objects) {
  const [group, version] = object.apiVersion.split("/");
  const path = `node_modules/@kubernetes-models/${name}/${group}/${version}/${object.kind}.js`;
  const models = await import(pathToFileURL(resolve(folder, path)));
  try {
    new models[object.kind](object).validate();
    said.push("");
  } catch (error) {
    said.push(error.message);
  }
}
process.stdout.write(JSON.stringify(said));
