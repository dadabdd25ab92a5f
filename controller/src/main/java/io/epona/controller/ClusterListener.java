package io.epona.controller;

/** Hears of new images. Called on the controller's thread, in order; must return soon and must not throw. */
@FunctionalInterface
public interface ClusterListener {
    /**
     * An image was published.
     *
     * @param old the image before.
     * @param now the image that {@link ClusterController#image()} returns from now on.
     */
    void onImage(ClusterImage old, ClusterImage now);
}
