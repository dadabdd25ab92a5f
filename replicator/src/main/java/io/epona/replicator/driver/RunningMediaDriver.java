package io.epona.replicator.driver;

import io.aeron.Aeron;
import java.util.List;
import org.agrona.ErrorHandler;

/** A media driver that runs in this process. Made by {@link MediaDriverLauncher}; closed after all its clients. */
public interface RunningMediaDriver extends AutoCloseable {
    /** Where clients find it: {@code Aeron.Context.aeronDirectoryName}. */
    String directoryName();

    /**
     * A new client of this driver, with a thread of its own and time-outs that fit the driver's.
     *
     * @param name of the client, for tools.
     * @param errorHandler hears of the client's errors.
     * @return the client, which the caller closes before this driver.
     */
    Aeron connect(String name, ErrorHandler errorHandler);

    /** What publishers and readers tell it. */
    DriverLink link();

    /** What falls short of the configuration and how to mend it, for the operator; may be empty. */
    List<String> warnings();

    /** Ends its threads and removes its directory. */
    @Override
    void close();
}
