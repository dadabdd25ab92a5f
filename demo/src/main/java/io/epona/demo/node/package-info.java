/** The node that the demo runs against: its process, its directory, and the stage times that it publishes. */
package io.epona.demo.node;
