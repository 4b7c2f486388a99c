export { AddRecord as default } from "./dialogs";
