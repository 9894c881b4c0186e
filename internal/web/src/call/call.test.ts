import { expect, test } from "vitest";

import { next } from "./protocol";
import { socketAddress } from "./wire";

test("a ticket's path leads to this page's own host, and a node's address to the node", () => {
	expect(socketAddress("/api/v1/calls/vis_1_1/ws")).toBe(`${location.origin.replace("http", "ws")}/api/v1/calls/vis_1_1/ws`);
	expect(socketAddress("https://node2.care.example/api/v1/calls/x/ws")).toBe("wss://node2.care.example/api/v1/calls/x/ws");
});

test("who was ended for good is not dialled again, who was moved is, and what is newer is tried again", () => {
	expect([next("ended"), next("taken_over"), next("ticket_refused")]).toEqual(["stop", "stop", "stop"]);
	expect([next("moved"), next("wrong_node")]).toEqual(["node", "node"]);
	expect([next("ticket_expired"), next("session_gone")]).toEqual(["ticket", "ticket"]);
	expect([next("late"), next("something newer")]).toEqual(["again", "again"]);
});
