// Package roads remembers how long ways take by road. Doors and counters stay where they are, so what a
// server of travel times (OSRM) told once serves every plan and every arrival time that is shown; what it
// does not tell is answered by distance, and a server that is silent is left alone for half a minute.
package roads
