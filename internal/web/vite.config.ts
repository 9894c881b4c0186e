import { defineConfig, type Plugin } from "vite";

/** Lists the app's files for the service worker, but those of the map, which are fetched when a map is opened. */
function listed(): Plugin {
	return {
		name: "listed",
		generateBundle(_options, bundle) {
			const files = Object.keys(bundle).filter((name) => name.startsWith("assets/") && !/maplibre|uplot/i.test(name)).sort();
			this.emitFile({ type: "asset", fileName: "assets.json", source: JSON.stringify(files.map((name) => `/${name}`)) });
		},
	};
}

export default defineConfig({
	oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
	plugins: [listed()],
	build: {
		target: "es2022",
		manifest: "graph.json",
		chunkSizeWarningLimit: 1200,
		assetsInlineLimit: 0,
		modulePreload: { polyfill: false },
		reportCompressedSize: false,
		rollupOptions: {
			input: { main: "index.html", sw: "src/sw.ts" },
			output: { entryFileNames: (chunk) => (chunk.name === "sw" ? "sw.js" : "assets/[name]-[hash].js") },
		},
	},
	server: {
		proxy: Object.fromEntries(["/api", "/blob", "/outbox", "/docs", "/fhir", "/openapi.json", "/map.json"].map((at) => [at, { target: process.env.HOUSECALL ?? "http://localhost:8080", ws: true }])),
	},
	test: { environment: "happy-dom", include: ["src/**/*.test.{ts,tsx}"] },
} as Parameters<typeof defineConfig>[0]);
