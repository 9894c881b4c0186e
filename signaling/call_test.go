package signaling_test

import (
	"errors"
	"testing"

	"housecall/signaling"
	"housecall/signaling/signalingtest"
)

func asBye(err error, into *signalingtest.ErrBye) bool { return errors.As(err, into) }

func TestDoctorAndPatientSeeAndHearEachOther(t *testing.T) {
	t.Parallel()
	w := newWorld(t)

	doctor := w.joins("room", "doctor")
	patient := w.joins("room", "patient")

	w.sees(doctor, 1, "patient")
	w.sees(patient, 1, "doctor")
	w.eventually("the product is told", func() bool {
		return w.watch.saw(signaling.SeatJoined, "patient") && w.watch.saw(signaling.RoomConnected, "")
	})
}
