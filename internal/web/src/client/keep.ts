// What is kept on the device: the last state of each screen, drafts, and steps that wait for the
// network. In IndexedDB; a browser that has none keeps it for the page alone. Signing out empties it.

const tables = ["last", "draft", "later"] as const;
export type Table = (typeof tables)[number];

export interface Keep {
	read<T>(table: Table, key: string): Promise<T | undefined>;
	write(table: Table, key: string, value: unknown): Promise<void>;
	remove(table: Table, key: string): Promise<void>;
	/** all lists a table, ordered by key. */
	all<T>(table: Table): Promise<[string, T][]>;
	clear(): Promise<void>;
}

/** inMemory keeps for the page alone; tests use it too. */
export function inMemory(): Keep {
	const store = new Map<string, Map<string, unknown>>(tables.map((t) => [t, new Map()]));
	const of = (t: Table) => store.get(t) as Map<string, unknown>;
	return {
		read: async <T>(t: Table, key: string) => structuredClone(of(t).get(key)) as T | undefined,
		write: async (t, key, value) => void of(t).set(key, structuredClone(value)),
		remove: async (t, key) => void of(t).delete(key),
		all: async <T>(t: Table) => [...of(t)].sort(([a], [b]) => (a < b ? -1 : 1)).map(([k, v]) => [k, structuredClone(v) as T]),
		clear: async () => tables.forEach((t) => of(t).clear()),
	};
}

function inBrowser(): Keep {
	const opened = new Promise<IDBDatabase>((done, failed) => {
		const ask = indexedDB.open("housecall", 1);
		ask.onupgradeneeded = () => tables.forEach((t) => ask.result.createObjectStore(t));
		ask.onsuccess = () => done(ask.result);
		ask.onerror = () => failed(ask.error);
	});
	const run = async <T>(table: Table, mode: IDBTransactionMode, work: (s: IDBObjectStore) => IDBRequest<T>): Promise<T> => {
		const tx = (await opened).transaction(table, mode);
		const ask = work(tx.objectStore(table));
		return new Promise((done, failed) => {
			tx.oncomplete = () => done(ask.result);
			tx.onabort = tx.onerror = () => failed(tx.error);
		});
	};
	return {
		read: (t, key) => run(t, "readonly", (s) => s.get(key)),
		write: async (t, key, value) => void (await run(t, "readwrite", (s) => s.put(value, key))),
		remove: async (t, key) => void (await run(t, "readwrite", (s) => s.delete(key))),
		all: async <T>(t: Table) => {
			const keys = await run(t, "readonly", (s) => s.getAllKeys());
			const values = await run(t, "readonly", (s) => s.getAll());
			return keys.map((k, i) => [String(k), values[i] as T] as [string, T]);
		},
		clear: async () => {
			for (const t of tables) await run(t, "readwrite", (s) => s.clear());
		},
	};
}

/** forgiving answers as if nothing were kept when the browser refuses to keep. */
function forgiving(real: Keep, spare: Keep): Keep {
	let broken = false;
	const use = async <T>(work: (k: Keep) => Promise<T>): Promise<T> => {
		if (broken) return work(spare);
		try {
			return await work(real);
		} catch {
			broken = true;
			return work(spare);
		}
	};
	return {
		read: (t, key) => use((k) => k.read(t, key)),
		write: (t, key, value) => use((k) => k.write(t, key, value)),
		remove: (t, key) => use((k) => k.remove(t, key)),
		all: (t) => use((k) => k.all(t)),
		clear: () => use((k) => k.clear()),
	};
}

export const keep: Keep = typeof indexedDB === "undefined" ? inMemory() : forgiving(inBrowser(), inMemory());
