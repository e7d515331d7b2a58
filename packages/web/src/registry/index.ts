/** Choosing components: by meaning, by name, by app. */
export { ComponentPicker, type PickedComponent } from "./component-picker.tsx";
