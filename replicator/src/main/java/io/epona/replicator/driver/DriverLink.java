package io.epona.replicator.driver;

/** What those who publish and read through a media driver tell it. Any thread; never blocks. */
public interface DriverLink {
    /** To a driver that never waits. */
    DriverLink NONE = new DriverLink() {
        @Override
        public void wake() {
            // It polls.
        }

        @Override
        public void wantRoom() {
            // The offer is repeated anyway.
        }
    };

    /** There is something to be sent, or much was read: call it after the last offer of a duty cycle. */
    void wake();

    /** An offer found no room: the reader that was named at launch is signalled when there may be some again. */
    void wantRoom();
}
