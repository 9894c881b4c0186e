// The video call, without any screen: join, stay, speak, show, write, check. Framework-free.
export { Call, type Admission, type Options, type Phase, type State } from "./call";
export { canCaption, caption } from "./captions";
export { examine, type Examined, type Finding } from "./check";
export { camera, canSpeak, choose, chosen, devices, microphone, screen, speak, troubleOf, type Choice, type Devices, type Trouble } from "./devices";
export type { Slot } from "./peer";
export type { Entry, Level, Muted, Recording, Relay, Seat, Verdict } from "./protocol";
