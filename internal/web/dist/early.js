// Runs before the first paint: the look, the type size and the language that this device was left with.
(function () {
	var root = document.documentElement;
	function kept(key) {
		try { return localStorage.getItem("hc." + key); } catch (e) { return null; }
	}
	var look = kept("look");
	if (look === "dark" || (look !== "light" && matchMedia("(prefers-color-scheme: dark)").matches)) root.dataset.theme = "dark";
	var size = kept("size");
	if (size === "large" || size === "largest") root.dataset.elder = size;
	var language = kept("language") || (/^zh/i.test(navigator.language || "") ? "zh" : "en");
	root.lang = language === "zh" ? "zh-CN" : "en";
})();
