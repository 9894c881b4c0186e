package app

// labRoom is what the names of rooms of the page for trying calls begin with; it exists in the demo only.
const labRoom = "lab_"
