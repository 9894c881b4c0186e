export { Medicine as default } from "./lists";
