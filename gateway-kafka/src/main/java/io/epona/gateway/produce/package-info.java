/** From a produce request to the lanes and back: judging batches, commands in flight, acknowledgements. */
package io.epona.gateway.produce;
