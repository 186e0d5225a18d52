// Package clouds finds a controller as OpenStack's clients do: by the name of a cloud in clouds.yaml, or by the OS_* variables
// of the environment. Who logs in with a password, an application credential or a token does so at a Keystone, whose
// catalogue tells where the controller is; admin_token and none need no Keystone.
//
// Nothing here is for controllers that are told in weft's own words (client.Config.Endpoint, WEFT_ENDPOINT): those go first.
package clouds
