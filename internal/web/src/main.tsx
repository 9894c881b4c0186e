import "./style/tokens.css";
import "./style/ground.css";

import { render } from "preact";

import { App } from "./app";
import { begin } from "./client/session";

void begin();
render(<App />, document.getElementById("app") as HTMLElement);

if ("serviceWorker" in navigator && import.meta.env.PROD) {
	addEventListener("load", () => void navigator.serviceWorker.register("/sw.js").catch(() => {}));
}
