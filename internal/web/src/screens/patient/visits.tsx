export { Visits as default } from "./lists";
