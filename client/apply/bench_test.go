package apply_test

import (
	"context"
	"fmt"
	"io"
	"testing"

	"weft/client"
	"weft/client/apply"
)

// BenchmarkManyPorts writes 20,000 ports on 2,000 networks to a file, with names and without, compares the file with the
// cloud, and makes an empty cloud what it says.
func BenchmarkManyPorts(b *testing.B) {
	for _, named := range []bool{true, false} {
		b.Run(fmt.Sprintf("named=%v", named), func(b *testing.B) {
			w := serve(b, 1)
			defer w.close()
			w.fill(b, named)
			b.Run("list", func(b *testing.B) {
				for b.Loop() {
					if _, err := w.c.List(context.Background(), client.Ports, nil); err != nil {
						b.Fatal(err)
					}
				}
			})
			b.Run("export", func(b *testing.B) {
				for b.Loop() {
					if err := apply.Export(context.Background(), w.c, kinds(b), io.Discard); err != nil {
						b.Fatal(err)
					}
				}
			})
			text := w.export()
			b.Run("compare", func(b *testing.B) {
				for b.Loop() {
					if p, said := w.plan(text, apply.Options{}); len(p.Changes) > 0 {
						b.Fatal(said)
					}
				}
			})
			b.Run("apply", func(b *testing.B) {
				for b.Loop() {
					empty := serve(b, 2)
					empty.apply(text, apply.Options{})
					empty.close()
				}
			})
		})
	}
}

func (w *controller) fill(b *testing.B, named bool) {
	const nets, perNet, bulk = 2000, 10, 500
	many := func(r client.Resource, n int, f func(i int) client.Object) (ids []string) {
		for len(ids) < n {
			some := make([]client.Object, bulk)
			for i := range some {
				some[i] = f(len(ids) + i)
			}
			made, err := w.c.CreateMany(context.Background(), r, some)
			if err != nil {
				b.Fatal(err)
			}
			for _, o := range made {
				ids = append(ids, o.Text("id"))
			}
		}
		return ids
	}
	ids := many(client.Networks, nets, func(i int) client.Object { return client.Object{"name": fmt.Sprint("n", i)} })
	many(client.Subnets, nets, func(i int) client.Object {
		return client.Object{"network_id": ids[i], "cidr": "10.0.0.0/24", "ip_version": 4}
	})
	many(client.Ports, nets*perNet, func(i int) client.Object {
		port := client.Object{"network_id": ids[i/perNet]}
		if named {
			port["name"] = fmt.Sprint("p", i)
		}
		return port
	})
}
