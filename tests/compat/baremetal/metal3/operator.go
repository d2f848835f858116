// What Metal3's baremetal-operator asks of Ironic over the life of one host, through gophercloud.
//
// Registration and inspection follow its package pkg/provisioner/ironic, what comes after them its
// documentation. Calls that Debian's gophercloud is too old to name go through the same client by
// their path.
package main

import (
	"fmt"
	"net/http"
	"os"
	"reflect"
	"time"

	"github.com/gophercloud/gophercloud"
	"github.com/gophercloud/gophercloud/openstack/baremetal/apiversions"
	"github.com/gophercloud/gophercloud/openstack/baremetal/httpbasic"
	"github.com/gophercloud/gophercloud/openstack/baremetal/noauth"
	"github.com/gophercloud/gophercloud/openstack/baremetal/v1/allocations"
	"github.com/gophercloud/gophercloud/openstack/baremetal/v1/drivers"
	"github.com/gophercloud/gophercloud/openstack/baremetal/v1/nodes"
	"github.com/gophercloud/gophercloud/openstack/baremetal/v1/ports"
)

const (
	name         = "metal3~worker-0"
	mac          = "52:54:00:12:34:01"
	hostUID      = "5a4fd2a4-1f9c-4b4c-b1a5-7a5cfb04a1ab"
	microversion = "1.109"
	patience     = 60 * time.Second
	pause        = 100 * time.Millisecond
)

type object = map[string]interface{}

func main() {
	client := connect(os.Args[1], os.Args[2:])
	ready(client)
	node := register(client)
	inspect(client, node)
	prepare(client, node)
	provide(client, node)
	allocate(client, node)
	provision(client, node)
	power(client, node)
	deprovision(client, node)
	adopt(client, node)
	remove(client, node)
	fmt.Println("the host's life is over")
}

func connect(url string, credentials []string) *gophercloud.ServiceClient {
	var client *gophercloud.ServiceClient
	var err error
	if len(credentials) == 0 {
		client, err = noauth.NewBareMetalNoAuth(noauth.EndpointOpts{IronicEndpoint: url})
	} else {
		client, err = httpbasic.NewBareMetalHTTPBasic(httpbasic.EndpointOpts{
			IronicEndpoint: url, IronicUser: credentials[0], IronicUserPassword: credentials[1],
		})
	}
	check("connect", err)
	client.Microversion = microversion
	return client
}

func ready(client *gophercloud.ServiceClient) {
	served := struct{ Version apiversions.APIVersion }{}
	check("ask for the version", read(client, &served))
	expect("the API's version", served.Version.ID, "v1")
	if served.Version.MinVersion != "1.1" {
		fail("microversions begin at %s", served.Version.MinVersion)
	}
	pages, err := drivers.ListDrivers(client, drivers.ListDriversOpts{}).AllPages()
	check("list drivers", err)
	known, err := drivers.ExtractDrivers(pages)
	check("read drivers", err)
	expect("the driver", known[0].Name, "fake-hardware")
	driver, err := drivers.GetDriverDetails(client, "fake-hardware").Extract()
	check("read the driver", err)
	expect("its deploy interface", driver.DefaultDeployInterface, "fake")
}

// enrolment adds what gophercloud 0.12 does not know yet.
type enrolment struct{ nodes.CreateOpts }

func (opts enrolment) ToNodeCreateMap() (map[string]interface{}, error) {
	body, err := opts.CreateOpts.ToNodeCreateMap()
	body["bios_interface"] = "fake"
	body["firmware_interface"] = "fake"
	body["disable_power_off"] = false
	return body, err
}

func register(client *gophercloud.ServiceClient) string {
	_, err := nodes.Get(client, name).Extract()
	expectMissing("a host that was never seen", err)
	expect("nodes with its MAC", len(portsWithMAC(client)), 0)

	node, err := nodes.Create(client, enrolment{nodes.CreateOpts{
		Driver: "fake-hardware",
		Name:   name,
		DriverInfo: object{
			"deploy_kernel": "http://images.test/ipa.kernel", "deploy_ramdisk": "http://images.test/ipa.initramfs",
			"fake_address": "192.0.2.1", "fake_password": "secret", "force_persistent_boot_device": "Default",
		},
		BootInterface: "fake", DeployInterface: "fake", InspectInterface: "fake",
		ManagementInterface: "fake", PowerInterface: "fake", RAIDInterface: "fake", VendorInterface: "fake",
		Properties: object{"capabilities": "boot_mode:uefi", "cpu_arch": "x86_64"},
	}}).Extract()
	check("create the node", err)
	expect("its state", node.ProvisionState, "enroll")
	expect("its password as shown", node.DriverInfo["fake_password"], "******")
	yes := true
	_, err = ports.Create(client, ports.CreateOpts{NodeUUID: node.UUID, Address: mac, PXEEnabled: &yes}).Extract()
	check("create its port", err)
	expect("the port's node", portsWithMAC(client)[0].NodeUUID, node.UUID)

	found, err := nodes.Get(client, name).Extract()
	check("find the node by its name", err)
	expect("the node of that name", found.UUID, node.UUID)
	update(client, node.UUID, set("/automated_clean", true), set("/network_data", object{
		"links":    []object{{"id": "nic", "type": "phy", "ethernet_mac_address": mac}},
		"networks": []object{}, "services": []object{},
	}))
	change(client, node.UUID, nodes.ProvisionStateOpts{Target: nodes.TargetManage}, "manageable")
	return node.UUID
}

func portsWithMAC(client *gophercloud.ServiceClient) []ports.Port {
	opts := ports.ListOpts{Address: mac, Fields: []string{"uuid,node_uuid"}}
	pages, err := ports.List(client, opts).AllPages()
	check("look for the MAC", err)
	found, err := ports.ExtractPorts(pages)
	check("read ports", err)
	return found
}

func inspect(client *gophercloud.ServiceClient, node string) {
	expectMissing("an inventory before inspection", read(client, &object{}, "nodes", node, "inventory"))
	update(client, node, set("/properties/capabilities", "boot_mode:uefi"),
		set("/driver_info/kernel_append_params", "console=ttyS0"))
	change(client, node, nodes.ProvisionStateOpts{Target: nodes.TargetInspect}, "manageable")
	inspected := object{}
	check("read the inventory", read(client, &inspected, "nodes", node, "inventory"))
	if memory := inspected["inventory"].(object)["memory"].(object); memory["physical_mb"].(float64) <= 0 {
		fail("the inventory holds no memory: %v", inspected)
	}
	if _, there := inspected["plugin_data"]; !there {
		fail("the inspection kept no plug-ins' data: %v", inspected)
	}
}

func prepare(client *gophercloud.ServiceClient, node string) {
	settings := struct{ BIOS []object }{}
	check("read BIOS settings", read(client, &settings, "nodes", node, "bios?detail=True"))
	components := struct{ Firmware []object }{}
	check("read firmware", read(client, &components, "nodes", node, "firmware"))
	if len(settings.BIOS) == 0 || len(components.Firmware) == 0 {
		fail("the BMC tells no BIOS settings or no firmware")
	}
	size, root := 100, true
	check("set the RAID that is wished for", nodes.SetRAIDConfig(client, node, nodes.RAIDConfigOpts{
		LogicalDisks: []nodes.LogicalDisk{{SizeGB: &size, RAIDLevel: nodes.RAID1, IsRootVolume: &root}},
	}).ExtractErr())
	steps := []nodes.CleanStep{
		{Interface: "raid", Step: "delete_configuration"},
		{Interface: "raid", Step: "create_configuration"},
		{Interface: "bios", Step: "apply_configuration", Args: object{
			"settings": []object{{"name": settings.BIOS[0]["name"], "value": "Enabled"}},
		}},
	}
	change(client, node, nodes.ProvisionStateOpts{Target: nodes.TargetClean, CleanSteps: steps}, "manageable")
	prepared, err := nodes.Get(client, node).Extract()
	check("read the prepared node", err)
	disks := prepared.RAIDConfig["logical_disks"].([]interface{})
	expect("the RAID that is there", disks[0].(object)["raid_level"], "1")
}

func provide(client *gophercloud.ServiceClient, node string) {
	update(client, node, set("/resource_class", "worker"))
	_, err := client.Put(client.ServiceURL("nodes", node, "traits", "CUSTOM_FAST"), nil, nil,
		&gophercloud.RequestOpts{OkCodes: []int{http.StatusNoContent}})
	check("set a trait", err)
	change(client, node, nodes.ProvisionStateOpts{Target: nodes.TargetProvide}, "available")
}

func allocate(client *gophercloud.ServiceClient, node string) {
	made, err := allocations.Create(client, allocations.CreateOpts{
		Name: "worker-0", ResourceClass: "worker", CandidateNodes: []string{name}, Traits: []string{"CUSTOM_FAST"},
	}).Extract()
	check("allocate", err)
	await("the allocation", func() bool {
		made, err = allocations.Get(client, made.UUID).Extract()
		check("read the allocation", err)
		return made.State == "active"
	})
	expect("the node allocated", made.NodeUUID, node)
	check("give the allocation back", allocations.Delete(client, made.UUID).ExtractErr())
}

func provision(client *gophercloud.ServiceClient, node string) {
	update(client, node,
		set("/instance_uuid", hostUID),
		set("/instance_info/image_source", "http://images.test/debian.qcow2"),
		set("/instance_info/image_os_hash_algo", "sha256"),
		set("/instance_info/image_os_hash_value", fmt.Sprintf("%064d", 7)),
		set("/instance_info/image_disk_format", "qcow2"),
		set("/instance_info/capabilities", object{}),
		set("/driver_info/force_persistent_boot_device", "Default"),
	)
	verdict, err := nodes.Validate(client, node).Extract()
	check("validate", err)
	expect("boot and deploy", [2]bool{verdict.Boot.Result, verdict.Deploy.Result}, [2]bool{true, true})
	change(client, node, nodes.ProvisionStateOpts{Target: nodes.TargetActive, ConfigDrive: nodes.ConfigDrive{
		MetaData: object{
			"uuid": hostUID, "name": "worker-0", "local-hostname": "worker-0", "local_hostname": "worker-0",
			"metal3-name": "worker-0", "metal3-namespace": "metal3",
		},
		UserData:    "#cloud-config\n",
		NetworkData: object{"links": []object{}, "networks": []object{}, "services": []object{}},
	}}, "active")
	pages, err := nodes.ListDetail(client, nodes.ListOpts{InstanceUUID: hostUID}).AllPages()
	check("list by instance", err)
	found, err := nodes.ExtractNodes(pages)
	check("read nodes", err)
	expect("the node with the instance", found[0].UUID, node)
}

func power(client *gophercloud.ServiceClient, node string) {
	for _, order := range []struct {
		asked nodes.PowerStateOpts
		then  string
	}{
		{nodes.PowerStateOpts{Target: nodes.SoftPowerOff, Timeout: 60}, "power off"},
		{nodes.PowerStateOpts{Target: nodes.PowerOn}, "power on"},
		{nodes.PowerStateOpts{Target: nodes.Rebooting}, "power on"},
		{nodes.PowerStateOpts{Target: nodes.PowerOff}, "power off"},
	} {
		check("order power", nodes.ChangePowerState(client, node, order.asked).ExtractErr())
		await(order.then, func() bool {
			now, err := nodes.Get(client, node).Extract()
			check("read the node", err)
			return now.TargetPowerState == "" && now.PowerState == order.then
		})
	}
}

func deprovision(client *gophercloud.ServiceClient, node string) {
	change(client, node, nodes.ProvisionStateOpts{Target: nodes.TargetDeleted}, "available")
	free, err := nodes.Get(client, node).Extract()
	check("read the free node", err)
	expect("its instance", [2]interface{}{free.InstanceUUID, len(free.InstanceInfo)}, [2]interface{}{"", 0})
}

func adopt(client *gophercloud.ServiceClient, node string) {
	change(client, node, nodes.ProvisionStateOpts{Target: nodes.TargetManage}, "manageable")
	update(client, node, set("/instance_uuid", hostUID),
		set("/instance_info/image_source", "http://images.test/debian.qcow2"),
		set("/instance_info/image_checksum", fmt.Sprintf("%064d", 7)))
	change(client, node, nodes.ProvisionStateOpts{Target: nodes.TargetAdopt}, "active")
	update(client, node, nodes.UpdateOperation{Op: nodes.RemoveOp, Path: "/instance_info/image_checksum"})
}

func remove(client *gophercloud.ServiceClient, node string) {
	err := nodes.Delete(client, node).ExtractErr()
	if refused, is := err.(gophercloud.ErrDefault409); !is {
		fail("an active node is not to be deleted as it is: %v, %v", refused, err)
	}
	update(client, node, set("/maintenance", true))
	check("delete the node", nodes.Delete(client, node).ExtractErr())
	_, err = nodes.Get(client, node).Extract()
	expectMissing("the deleted node", err)
}

func set(path string, value interface{}) nodes.Patch {
	return nodes.UpdateOperation{Op: nodes.AddOp, Path: path, Value: value}
}

func update(client *gophercloud.ServiceClient, node string, patches ...nodes.Patch) {
	_, err := nodes.Update(client, node, patches).Extract()
	check(fmt.Sprintf("update %v", patches), err)
}

// change asks for a provision state and waits as the operator does: by looking again.
func change(client *gophercloud.ServiceClient, node string, asked nodes.ProvisionStateOpts, then string) {
	check("ask for "+string(asked.Target), nodes.ChangeProvisionState(client, node, asked).ExtractErr())
	await(then, func() bool {
		now, err := nodes.Get(client, node).Extract()
		check("read the node", err)
		if now.LastError != "" {
			fail("%s failed: %s", asked.Target, now.LastError)
		}
		return now.ProvisionState == then && now.TargetProvisionState == ""
	})
}

func await(what string, reached func() bool) {
	for begun := time.Now(); !reached(); time.Sleep(pause) {
		if time.Since(begun) > patience {
			fail("%s was not reached", what)
		}
	}
}

func read(client *gophercloud.ServiceClient, into interface{}, path ...string) error {
	_, err := client.Get(client.ServiceURL(path...), into, nil)
	return err
}

func check(what string, err error) {
	if err != nil {
		fail("%s: %v", what, err)
	}
}

func expect(what string, is, wanted interface{}) {
	if !reflect.DeepEqual(is, wanted) {
		fail("%s: %v, but %v was expected", what, is, wanted)
	}
}

func expectMissing(what string, err error) {
	if _, is := err.(gophercloud.ErrDefault404); !is {
		fail("%s: not found was expected, not %v", what, err)
	}
}

func fail(text string, values ...interface{}) {
	fmt.Fprintf(os.Stderr, text+"\n", values...)
	os.Exit(1)
}
