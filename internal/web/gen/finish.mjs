// After vite build: the licences of what is inside, and every file made small with brotli. What is large is
// kept packed alone (.gz), since it all stands in the binary.
import { readFileSync, writeFileSync, readdirSync, rmSync, statSync, existsSync } from "node:fs";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const dist = join(root, "dist");
const lock = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8"));

// Everything that is not for development alone, and the icons, which are copied in.
const inside = Object.entries(lock.packages).filter(([path, p]) => path && (!p.dev || path === "node_modules/lucide-static")).map(([path]) => path).sort();
const parts = inside.filter((path) => existsSync(join(root, path))).map((path) => {
	const own = JSON.parse(readFileSync(join(root, path, "package.json"), "utf8"));
	const file = readdirSync(join(root, path)).find((name) => /^(licen[sc]e|copying)(\.|$)/i.test(name));
	const text = file ? readFileSync(join(root, path, file), "utf8").trim() : `Licence: ${own.license}`;
	return `${own.name} ${own.version} (${own.license ?? "see below"})\n\n${text}\n`;
});
writeFileSync(join(dist, "licences.txt"), `What the web app of housecall is built with, and the licence of each.\n\n${parts.join(`\n${"-".repeat(80)}\n\n`)}`);

function* files(dir) {
	for (const name of readdirSync(dir).sort()) {
		const path = join(dir, name);
		if (statSync(path).isDirectory()) yield* files(path);
		else yield path;
	}
}
for (const path of [...files(dist)]) {
	if (!/\.(m?js|css|html|svg|json|webmanifest|txt)$/.test(path)) continue;
	const plain = readFileSync(path);
	if (plain.length < 1000) continue;
	writeFileSync(`${path}.br`, brotliCompressSync(plain, { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: plain.length } }));
	if (plain.length < 100_000) continue;
	writeFileSync(`${path}.gz`, gzipSync(plain, { level: 9 }));
	rmSync(path);
}
