/// <reference lib="webworker" />
// The service worker: the app opens without network. It keeps the app's own files; what the server
// says is kept by the app itself, for who is signed in alone.
export {};

declare const self: ServiceWorkerGlobalScope;

const shell = "shell";
const fixed = ["/", "/early.js", "/icon.svg", "/manifest.webmanifest"];

async function fill(): Promise<void> {
	const cache = await caches.open(shell);
	await cache.addAll(fixed.map((url) => new Request(url, { cache: "reload" })));
	const list = (await (await fetch("/assets.json", { cache: "no-cache" })).json()) as string[];
	const have = new Set((await cache.keys()).map((r) => new URL(r.url).pathname));
	await Promise.all(list.filter((url) => !have.has(url)).map((url) => cache.add(url)));
	// Of an older version nothing is kept, but the map's, which is in no list and big.
	for (const r of await cache.keys()) {
		const path = new URL(r.url).pathname;
		if (path.startsWith("/assets/") && !list.includes(path) && !/maplibre|uplot/i.test(path)) await cache.delete(r);
	}
}

self.addEventListener("install", (e) => {
	e.waitUntil(fill().then(() => self.skipWaiting()));
});

self.addEventListener("activate", (e) => e.waitUntil(self.clients.claim()));

self.addEventListener("fetch", (e) => {
	const url = new URL(e.request.url);
	if (e.request.method !== "GET" || url.origin !== self.location.origin) return;
	if (/^\/(api|blob|fhir|outbox|docs|openapi\.json|livez|readyz|metrics|licences)/.test(url.pathname)) return;
	if (e.request.mode === "navigate") e.respondWith(page(e));
	else if (url.pathname.startsWith("/assets/")) e.respondWith(asset(e.request));
	else if (fixed.includes(url.pathname)) e.respondWith(fresh(e.request));
});

/** The page of the app: the server's when it answers within two seconds, else the kept one. */
async function page(e: FetchEvent): Promise<Response> {
	const cache = await caches.open(shell);
	const kept = await cache.match("/");
	const asked = fetch(e.request).then(async (answer) => {
		if (answer.ok && answer.headers.get("Content-Type")?.startsWith("text/html")) {
			const changed = answer.headers.get("ETag") !== kept?.headers.get("ETag");
			await cache.put("/", answer.clone());
			if (changed && kept) e.waitUntil(fill());
		}
		return answer;
	});
	if (!kept) return asked;
	const late = new Promise<Response>((done) => setTimeout(() => done(kept.clone()), 2000));
	return Promise.race([asked.catch(() => kept.clone()), late]);
}

async function asset(request: Request): Promise<Response> {
	const cache = await caches.open(shell);
	const kept = await cache.match(request);
	if (kept) return kept;
	const answer = await fetch(request);
	if (answer.ok) await cache.put(request, answer.clone());
	return answer;
}

async function fresh(request: Request): Promise<Response> {
	const cache = await caches.open(shell);
	try {
		return await fetch(request);
	} catch {
		return (await cache.match(request)) ?? Response.error();
	}
}
