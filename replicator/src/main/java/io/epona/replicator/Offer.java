package io.epona.replicator;

/** What became of an offered message: what the sender must do now. */
public enum Offer {
    /** The whole message is on its way. It may still be lost. */
    SENT,

    /** No room just now: offer it, or a newer one in its place, in a later duty cycle. */
    BACK_PRESSURED,

    /** Nobody listens there: forget the message. The receiver asks anew once it is back. */
    NOT_CONNECTED,

    /** Longer than {@link PeerTransport#maxMessageLength()}: a mistake of the sender, which must not try again. */
    TOO_LONG,

    /** This way of sending has ended for good, though nobody closed it: the node must end, with the reason. */
    CLOSED
}
